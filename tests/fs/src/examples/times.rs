//! Times of files.

use std::io::Result;
use std::path::Path;
use suspendable::fs::{self, File, FileTimes};
use suspendable::time::{Duration, SystemTime, UNIX_EPOCH};

pub fn modified(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    fs::write(&path, "")?;
    let metadata = fs::metadata(&path)?;
    let now = SystemTime::now();
    for time in [metadata.modified()?, metadata.accessed()?, metadata.created()?] {
        let apart = now.duration_since(time).unwrap_or_else(|error| error.duration());
        assert!(apart < Duration::from_secs(60), "{apart:?}");
    }
    Ok(())
}

pub fn set_times(directory: &Path) -> Result<()> {
    let path = directory.join("foo.txt");
    let file = File::create(&path)?;
    let accessed = UNIX_EPOCH + Duration::new(12345, 500_000_000);
    let modified = UNIX_EPOCH + Duration::new(1_000_000_000, 250_000_000);
    file.set_times(FileTimes::new().set_accessed(accessed).set_modified(modified))?;
    let metadata = file.metadata()?;
    assert_eq!((metadata.accessed()?, metadata.modified()?), (accessed, modified));
    let later = modified + Duration::from_secs(1);
    file.set_modified(later)?;
    let metadata = fs::metadata(&path)?;
    assert_eq!((metadata.accessed()?, metadata.modified()?), (accessed, later));
    Ok(())
}

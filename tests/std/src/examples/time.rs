//! `std::time`.

use suspendable::thread;
use suspendable::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub fn clocks() {
    let now = Instant::now();
    thread::sleep(Duration::from_millis(2));
    let later = Instant::now();
    assert!(later.duration_since(now) >= Duration::from_millis(2));
    assert!(
        later.checked_duration_since(now).is_some() && now.checked_duration_since(later).is_none()
    );
    assert_eq!(now.saturating_duration_since(later), Duration::ZERO);
    assert_eq!((now + Duration::from_secs(3)) - now, Duration::from_secs(3));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // 2020 and 2100.
    assert!((1_577_836_800..4_102_444_800).contains(&since.as_secs()), "{since:?}");
    assert!(UNIX_EPOCH.duration_since(SystemTime::now()).is_err());
}

pub fn durations() {
    let five_seconds = Duration::new(5, 0);
    let both = five_seconds + Duration::from_nanos(5);
    assert_eq!((both.as_secs(), both.subsec_nanos()), (5, 5));
    assert_eq!(format!("{both:?}"), "5.000000005s");
}

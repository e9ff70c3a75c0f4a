//! `std::sync::mpsc`.

use suspendable::sync::atomic::{AtomicUsize, Ordering};
use suspendable::sync::mpsc::{
    RecvTimeoutError, SendError, TryRecvError, TrySendError, channel, sync_channel,
};
use suspendable::sync::{Arc, Mutex};
use suspendable::thread;
use suspendable::time::{Duration, Instant};

pub fn simple() {
    let (tx, rx) = channel();
    thread::spawn(move || tx.send(10).unwrap());
    assert_eq!(rx.recv().unwrap(), 10);
    assert!(rx.recv().is_err());
}

pub fn shared() {
    let (tx, rx) = channel();
    for i in 0..10 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(i).unwrap());
    }
    let mut received: Vec<i32> = (0..10).map(|_| rx.recv().unwrap()).collect();
    received.sort_unstable();
    assert_eq!(received, (0..10).collect::<Vec<_>>());
}

pub fn propagates_panic() {
    let (tx, rx) = channel::<i32>();
    drop(tx);
    assert!(rx.recv().is_err());
    assert_eq!(rx.recv().unwrap_err().to_string(), "receiving on a closed channel");
}

pub fn synchronous() {
    let (tx, rx) = sync_channel::<i32>(1);
    tx.send(1).unwrap();
    let sender = thread::spawn(move || {
        tx.send(2).unwrap();
        tx.send(3).unwrap();
    });
    assert_eq!([(); 3].map(|()| rx.recv().unwrap()), [1, 2, 3]);
    assert!(rx.recv().is_err());
    sender.join().unwrap();
}

pub fn rendezvous() {
    let (tx, rx) = sync_channel::<i32>(0);
    let log = Arc::new(Mutex::new(Vec::new()));
    let theirs = log.clone();
    let sender = thread::spawn(move || {
        for i in 0..3 {
            tx.send(i).unwrap();
            theirs.lock().unwrap().push(i);
        }
    });
    thread::sleep(Duration::from_millis(3));
    assert!(log.lock().unwrap().is_empty(), "nobody has received");
    assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 2]);
    sender.join().unwrap();
    assert_eq!(*log.lock().unwrap(), [0, 1, 2]);
}

pub fn disconnect_receiver() {
    let (tx, rx) = channel();
    tx.send(1).unwrap();
    drop(rx);
    assert_eq!(tx.send(5), Err(SendError(5)));
    assert_eq!(tx.send(5).unwrap_err().to_string(), "sending on a closed channel");
    // Those that wait get their messages back.
    for bound in [0, 2] {
        let (tx, rx) = sync_channel(bound);
        let senders: Vec<_> = (0..5)
            .map(|i| {
                let tx = tx.clone();
                thread::spawn(move || tx.send(i))
            })
            .collect();
        thread::sleep(Duration::from_millis(20));
        drop(rx);
        let failed = senders.into_iter().filter_map(|sender| sender.join().unwrap().err()).count();
        assert_eq!(failed, 5 - bound);
    }
}

pub fn disconnect_sender() {
    let (tx, rx) = channel();
    let waiting = thread::spawn(move || rx.recv());
    thread::sleep(Duration::from_millis(2));
    drop(tx.clone());
    assert!(!waiting.is_finished());
    drop::<suspendable::sync::mpsc::Sender<()>>(tx);
    assert!(waiting.join().unwrap().is_err());
}

pub fn try_send() {
    let (tx, rx) = sync_channel(1);
    assert_eq!(tx.try_send(1), Ok(()));
    assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(rx.recv(), Ok(1));
    assert_eq!(tx.try_send(3), Ok(()));
    drop(rx);
    assert_eq!(tx.try_send(4), Err(TrySendError::Disconnected(4)));
    let (tx, rx) = sync_channel(0);
    assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
    let receiver = thread::spawn(move || rx.recv());
    thread::sleep(Duration::from_millis(20));
    assert_eq!(tx.try_send(2), Ok(()), "somebody waits for it");
    assert_eq!(receiver.join().unwrap(), Ok(2));
}

pub fn try_recv() {
    let (tx, rx) = channel();
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    tx.send(1).unwrap();
    assert_eq!(rx.try_recv(), Ok(1));
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

pub fn recv_timeout() {
    let (tx, rx) = channel();
    let began = Instant::now();
    assert_eq!(rx.recv_timeout(Duration::from_millis(5)), Err(RecvTimeoutError::Timeout));
    assert!(began.elapsed() >= Duration::from_millis(5));
    assert_eq!(rx.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    let sender = thread::spawn(move || {
        tx.send('a').unwrap();
        tx
    });
    assert_eq!(rx.recv_timeout(Duration::from_secs(30)), Ok('a'));
    drop(sender.join().unwrap());
    assert_eq!(rx.recv_timeout(Duration::from_secs(30)), Err(RecvTimeoutError::Disconnected));
}

pub fn iterators() {
    let (tx, rx) = channel();
    assert!(rx.try_iter().next().is_none());
    let sender = thread::spawn(move || (1..=3).for_each(|i| tx.send(i).unwrap()));
    sender.join().unwrap();
    assert_eq!(rx.try_iter().take(1).collect::<Vec<_>>(), [1]);
    assert_eq!(rx.iter().take(1).collect::<Vec<_>>(), [2]);
    assert_eq!(rx.into_iter().collect::<Vec<_>>(), [3]);
}

pub fn gives_back() {
    let (tx, rx) = channel::<String>();
    drop(rx);
    let SendError(text) = tx.send("back".into()).unwrap_err();
    assert_eq!(text, "back");
}

pub fn errors() {
    let (tx, rx) = sync_channel::<i32>(0);
    assert_eq!(format!("{tx:?} {rx:?}"), "SyncSender { .. } Receiver { .. }");
    assert_eq!(tx.try_send(1).unwrap_err().to_string(), "sending on a full channel");
    assert_eq!(rx.try_recv().unwrap_err().to_string(), "receiving on an empty channel");
    let timeout = rx.recv_timeout(Duration::from_millis(1)).unwrap_err();
    assert_eq!(timeout.to_string(), "timed out waiting on channel");
}

pub fn drops() {
    struct Counts(Arc<AtomicUsize>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = channel();
    for _ in 0..5 {
        tx.send(Counts(dropped.clone())).unwrap();
    }
    drop(rx.recv());
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    drop(rx);
    assert_eq!(dropped.load(Ordering::Relaxed), 5, "with the receiver, what nobody can receive");
}

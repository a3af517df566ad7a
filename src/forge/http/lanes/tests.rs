//! Lanes over a host on this machine that counts what is in flight.

use super::*;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A host that counts: how often it was asked, and by how many at once. It takes a moment for each
/// answer, and its first answers are refusals for a second.
struct Counting {
    address: String,
    asked: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

fn serve(refusals: usize) -> Counting {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (asked, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let here = Arc::new(AtomicUsize::new(0));
    let (count, highest) = (Arc::clone(&asked), Arc::clone(&most));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (count, highest, here) = (Arc::clone(&count), Arc::clone(&highest), Arc::clone(&here));
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut line = String::new();
                let mut reader = BufReader::new(&stream);
                reader.read_line(&mut line).unwrap();
                let mut rest = String::new();
                while reader.read_line(&mut rest).unwrap() > 2 {
                    rest.clear();
                }
                highest.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(30));
                let head = match count.fetch_add(1, Ordering::SeqCst) < refusals {
                    true => "429 Slow\r\nretry-after: 1",
                    false => "200 OK",
                };
                here.fetch_sub(1, Ordering::SeqCst);
                let body = line.split(' ').nth(1).unwrap();
                let text = format!(
                    "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                drop(stream.write_all(text.as_bytes()));
            });
        }
    });
    Counting { address, asked, most }
}

fn ask(lane: &dyn Transport, address: &str, path: usize) -> Response {
    let request = Request { url: format!("{address}/{path}"), headers: Vec::new(), body: None };
    lane.send(&request).unwrap()
}

/// So many threads ask for these paths, each for all of them in an order of its own.
fn ask_all(lanes: &Lanes, address: &str, threads: usize, paths: usize) {
    std::thread::scope(|scope| {
        for first in 0..threads {
            let (lane_of, address) = (lanes, address.to_string());
            scope.spawn(move || {
                let lane = lane_of.lane();
                for path in (0..paths).map(|path| (path + first * 5) % paths) {
                    assert_eq!(ask(&*lane, &address, path).body, format!("/{path}").into_bytes());
                }
            });
        }
    });
}

#[test]
fn a_question_goes_out_once_and_never_too_many_at_once() {
    let host = serve(0);
    ask_all(&Lanes::new(Live::new(), None), &host.address, 20, 40);
    assert_eq!(host.asked.load(Ordering::SeqCst), 40);
    let most = host.most.load(Ordering::SeqCst);
    assert!((2..=LANES).contains(&most), "{most} at once");
}

#[test]
fn a_limit_holds_every_lane_and_leaves_fewer_of_them() {
    let host = serve(1);
    let lanes = Lanes::new(Live::new(), None);
    let lane = lanes.lane();
    assert_eq!(ask(&*lane, &host.address, 1).status, 429);
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| lanes.lane().hold(Duration::from_millis(400)));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(ask(&*lanes.lane(), &host.address, 1).status, 200);
    });
    assert!(began.elapsed() >= Duration::from_millis(400), "the other lane waited too");
    ask_all(&lanes, &host.address, 12, 30);
    assert!(host.most.load(Ordering::SeqCst) <= LANES / 2);
}

#[test]
fn what_is_no_answer_is_asked_again() {
    let host = serve(2);
    let lanes = Lanes::new(Live::new(), None);
    let statuses: Vec<u16> = (0..4).map(|_| ask(&*lanes.lane(), &host.address, 7).status).collect();
    assert_eq!((statuses, host.asked.load(Ordering::SeqCst)), (vec![429, 429, 200, 200], 3));
}

fn foreseen(address: &str, paths: std::ops::Range<usize>) -> Vec<Request> {
    let request = |path| Request { url: format!("{address}/{path}"), headers: Vec::new(), body: None };
    paths.map(request).collect()
}

#[test]
fn what_is_foreseen_goes_out_at_once_and_is_not_asked_again() {
    let host = serve(0);
    let lanes = Lanes::new(Live::new(), None).in_flight(5);
    let lane = lanes.lane();
    lane.foresee(foreseen(&host.address, 0..30));
    for path in 0..30 {
        assert_eq!(ask(&*lane, &host.address, path).body, format!("/{path}").into_bytes());
    }
    // What is known is not asked in advance.
    lanes.lane().foresee(foreseen(&host.address, 0..30));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(host.asked.load(Ordering::SeqCst), 30);
    let most = host.most.load(Ordering::SeqCst);
    assert!((3..=5).contains(&most), "{most} at once");
}

#[test]
fn a_refusal_that_was_foreseen_is_handed_over_once_and_nothing_more_goes_out_in_advance() {
    let host = serve(1);
    let lanes = Lanes::new(Live::new(), None).in_flight(1);
    let lane = lanes.lane();
    lane.foresee(foreseen(&host.address, 0..9));
    while host.asked.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(host.asked.load(Ordering::SeqCst), 1, "the host is left alone");
    assert_eq!(ask(&*lane, &host.address, 0).status, 429);
    assert_eq!(ask(&*lane, &host.address, 0).status, 200);
    lane.foresee(foreseen(&host.address, 0..9));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(host.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn waiting_for_a_place_is_no_waiting_for_the_host() {
    let host = serve(0);
    let lanes = Lanes::new(Live::new(), None).in_flight(1);
    let ask_four = |first: usize| {
        let lane = lanes.lane();
        let (before, began) = (lane.elapsed(), Instant::now());
        (first..first + 4).for_each(|path| drop(ask(&*lane, &host.address, path)));
        (lane.elapsed() - before, began.elapsed())
    };
    let times = std::thread::scope(|scope| {
        let ask_four = &ask_four;
        let threads: Vec<_> = (0..6).map(|thread| scope.spawn(move || ask_four(thread * 4))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let (counted, took) = times.into_iter().max_by_key(|(_, took)| *took).unwrap();
    assert!(counted >= Duration::from_millis(120) && counted * 2 < took, "{counted:?} of {took:?}");
}

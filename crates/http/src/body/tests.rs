use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;

use super::{BodyError, read_body};

fn in_pieces(pieces: &[&'static str]) -> Request {
    let pieces: Vec<Result<Bytes, Infallible>> = pieces
        .iter()
        .map(|piece| Ok(Bytes::from_static(piece.as_bytes())))
        .collect();
    Request::new(Body::from_stream(futures_util::stream::iter(pieces)))
}

#[tokio::test]
async fn pieces_are_joined_up_to_the_limit() {
    for (pieces, bytes_max, expected) in [
        (&[][..], 0, Ok("")),
        (&["abc"], 3, Ok("abc")),
        (&["abc"], 2, Err(BodyError::TooLarge)),
        (&["a", "b", "c"], 3, Ok("abc")),
        (&["a", "b", "c"], 2, Err(BodyError::TooLarge)),
        (&["", "a", "", "b"], 2, Ok("ab")),
        (&["a", "", ""], 1, Ok("a")),
        (&["a", "bc"], usize::MAX, Ok("abc")),
    ] {
        let body = read_body(in_pieces(pieces), bytes_max).await;
        let expected = expected.map(|text: &str| Bytes::from_static(text.as_bytes()));
        assert_eq!(body, expected, "{pieces:?} within {bytes_max}");
    }
}

#[tokio::test]
async fn one_piece_is_passed_on_without_a_copy() {
    let piece = Bytes::from_static(b"whole");
    let request = Request::new(Body::from(piece.clone()));
    let body = read_body(request, 5).await.unwrap();
    assert_eq!(body.as_ptr(), piece.as_ptr());
}

#[tokio::test]
async fn an_announced_length_is_believed_before_anything_is_read() {
    let unreadable = futures_util::stream::pending::<Result<Bytes, Infallible>>();
    let request = Request::builder()
        .header("content-length", "11")
        .body(Body::from_stream(unreadable))
        .unwrap();
    assert_eq!(read_body(request, 10).await, Err(BodyError::TooLarge));
}

#[tokio::test]
async fn a_broken_body_is_no_body() {
    let pieces = [
        Ok(Bytes::from_static(b"a")),
        Err(std::io::Error::other("connection lost")),
    ];
    let request = Request::new(Body::from_stream(futures_util::stream::iter(pieces)));
    assert_eq!(read_body(request, 10).await, Err(BodyError::Disconnected));
}

//! A leaderboard as a table in a file: out of it, and into it.

use std::sync::Arc;

use askama::Template;
use async_stream::try_stream;
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use csv::{ByteRecord, ReaderBuilder};
use serde::Serialize;

use super::{
    board::BoardHead,
    format::whole,
    paths::BoardPath,
    reply::{Fault, Refusal, own_page},
    shell::Shell,
    visit::{SignedForm, SignedIn},
};
use crate::{
    app::{
        App, AppError,
        columns::{COLUMNS, Columns, fields, first_line},
    },
    domain::{ids::LeaderboardId, leaderboard::Leaderboard},
    store::walk::Walk,
};

/// What became of some rows.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    accepted: u64,
    refused: Vec<RefusedRow>,
    /// Why it went no further, where it didn't.
    stopped: Option<String>,
}

/// A row that was not taken.
#[derive(Debug, Serialize)]
struct RefusedRow {
    /// Counted from 1, with the line of the columns.
    line: u64,
    reason: String,
}

#[derive(Template)]
#[template(path = "dashboard/import.html")]
struct ImportPage {
    shell: Shell,
    head: BoardHead,
    table: String,
    report: Option<Report>,
    fault: Fault,
}

fn import_page(
    by: &SignedIn,
    board: &Leaderboard,
    table: &str,
    report: Option<Report>,
    fault: Fault,
) -> Response {
    let shell = by.shell("Import entries").in_section("leaderboards");
    let head = BoardHead::new(board, "entries");
    let (table, status) = (table.to_owned(), fault.status());
    own_page(by, status, &ImportPage { shell, head, table, report, fault })
}

/// The form.
pub async fn show(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    let board = app.leaderboard(by.owner.account.id, id).await?;
    Ok(import_page(&by, &board, "", None, Fault::default()))
}

/// Submits the rows of a table. A script sends a large one in parts, each with the line of the columns, and says at
/// which line a part begins; it gets the report alone.
pub async fn submit(
    State(app): State<Arc<App>>,
    BoardPath(id): BoardPath,
    headers: HeaderMap,
    SignedForm { by, fields }: SignedForm,
) -> Result<Response, Refusal> {
    let board = app.leaderboard(by.owner.account.id, id).await?;
    let table = fields.get("table");
    let skipped = fields.get("skipped").parse().unwrap_or(0);
    let report = submit_rows(&app, &by, id, table, skipped).await?;
    let is_last = fields.get("part") != "more";
    if let (true, Ok(report)) = (is_last, &report) {
        let before: u64 = fields.get("accepted").parse().unwrap_or(0);
        let what = format!("Imported {} entries", whole(before + report.accepted));
        by.note(&app, id, &what).await?;
    }
    let is_script = headers.get(header::ACCEPT).is_some_and(|kind| kind == "application/json");
    Ok(match (report, is_script) {
        (Ok(report), true) => Json(report).into_response(),
        (Err(fault), true) => {
            Json(Report { stopped: Some(fault.message), ..Report::default() }).into_response()
        }
        (Ok(report), false) => import_page(&by, &board, "", Some(report), Fault::default()),
        (Err(fault), false) => import_page(&by, &board, table, None, fault),
    })
}

async fn submit_rows(
    app: &App,
    by: &SignedIn,
    board: LeaderboardId,
    text: &str,
    skipped: u64,
) -> Result<Result<Report, Fault>, Refusal> {
    // A form ends its lines in its own way, and the last one need not end at all.
    let text = text.replace('\r', "") + "\n";
    let mut table = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns = table.byte_headers().map_err(|error| error.to_string()).and_then(Columns::find);
    let columns = match columns {
        Ok(columns) => columns,
        Err(what) => return Ok(Err(Fault::at("table", format!("In the first line, {what}")))),
    };
    let mut import = app.import_entries(&by.owner.account, board).await?;
    let (mut report, mut row) = (Report::default(), ByteRecord::new());
    loop {
        match table.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                report.stopped = Some(error.to_string());
                break;
            }
        }
        let line = first_line(&table, &row) + skipped;
        let submitted = match columns.submission(&row) {
            Ok(submission) => import.submit(&submission).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match submitted {
            Ok(()) => report.accepted += 1,
            Err(AppError::Store(_)) => {
                report.stopped =
                    Some(format!("The database did not answer at line {line}; go on from there."));
                break;
            }
            Err(error) => report.refused.push(RefusedRow { line, reason: Fault::of(error)?.message }),
        }
    }
    import.finish().await?;
    Ok(Ok(report))
}

/// All entries by their ranks, as they are read.
pub async fn export(
    State(app): State<Arc<App>>,
    by: SignedIn,
    BoardPath(id): BoardPath,
) -> Result<Response, Refusal> {
    let account = by.owner.account.id;
    app.leaderboard(account, id).await?;
    let rows = try_stream! {
        let mut walk = Walk::default();
        yield record(COLUMNS)?;
        loop {
            let rows = app.next_rows(account, id, &mut walk).await.map_err(|error| std::io::Error::other(error.to_string()))?;
            if rows.is_empty() {
                break;
            }
            let mut part = Vec::new();
            for row in &rows {
                part.extend(record(fields(row))?);
            }
            yield Bytes::from(part);
        }
    };
    let rows: std::pin::Pin<Box<dyn futures_util::Stream<Item = std::io::Result<Bytes>> + Send>> =
        Box::pin(rows);
    let name = format!("attachment; filename=\"leaderboard-{id}.csv\"");
    let name = HeaderValue::try_from(name).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, Body::from_stream(rows)).into_response())
}

/// One line of a table.
fn record(fields: impl IntoIterator<Item = impl AsRef<[u8]>>) -> std::io::Result<Bytes> {
    let mut line = csv::Writer::from_writer(Vec::new());
    line.write_record(fields).map_err(std::io::Error::other)?;
    line.into_inner().map(Bytes::from).map_err(|error| std::io::Error::other(error.to_string()))
}

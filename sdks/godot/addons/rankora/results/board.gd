@tool
class_name RankoraBoard
extends RankoraResult
## What a leaderboard is.

var id := ""
var name := ""
## [code]desc[/code]: more is better; [code]asc[/code]: less is.
var sort_order := ""
## [code]number[/code] or [code]time[/code] (seconds).
var score_format := ""
## Decimals to show scores with; -1 for as many as there are.
var decimals := -1
## What stands behind a score; empty for nothing.
var unit := ""
## What a submission does to an entry: [code]latest[/code], [code]best[/code] or [code]sum[/code].
var policy := ""
var total_entries := 0
var created_at := ""


static func of_wire(body: Dictionary) -> RankoraBoard:
	var board := RankoraBoard.new()
	board.id = str(body.get("id", ""))
	board.name = str(body.get("name", ""))
	board.sort_order = str(body.get("sort_order", ""))
	board.score_format = str(body.get("score_format", ""))
	board.decimals = -1 if body.get("decimals") == null else int(body["decimals"])
	board.unit = "" if body.get("unit") == null else str(body["unit"])
	board.policy = str(body.get("policy", ""))
	board.created_at = str(body.get("created_at", ""))
	board.total_entries = int(body.get("total_entries", 0))
	return board

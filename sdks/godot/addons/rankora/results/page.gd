class_name RankoraPage
extends RankoraResult
## A part of a leaderboard.

var entries: Array[RankoraEntry] = []
var limit := 0
var offset := 0
## Entries of the whole leaderboard.
var total := 0
## As they came.
var rows: Array = []


static func of_wire(body: Dictionary) -> RankoraPage:
	var page := RankoraPage.new()
	page.rows = body.get("entries", [])
	page.entries = RankoraEntry.list_of_wire(page.rows)
	var pagination: Dictionary = body.get("pagination", {})
	page.limit = int(pagination.get("limit", 0))
	page.offset = int(pagination.get("offset", 0))
	page.total = int(pagination.get("total", 0))
	return page

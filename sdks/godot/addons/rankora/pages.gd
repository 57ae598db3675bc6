class_name RankoraPages
extends RefCounted
## All entries, page after page:
## [codeblock]
## var pages := Rankora.pages()
## while await pages.next():
##     for entry in pages.entries:
##         print(entry.rank, " ", entry.name)
## [/codeblock]

## Those of this page that weren't on an earlier one.
var entries: Array[RankoraEntry] = []
## Entries of the whole leaderboard.
var total := 0
## Why there is no further page, where that isn't the end.
var error: RankoraError

var _client: RankoraClient
var _limit: int
var _order: String
var _player_id: String
var _offset := 0
var _is_over := false
var _seen := {}


func _init(client: RankoraClient, limit: int, order: String, player_id: String) -> void:
	_client = client
	_limit = limit
	_order = order
	_player_id = player_id


## Reads the next page; false where there is none.
func next() -> bool:
	entries = []
	if _is_over:
		return false
	var page := await _client.get_entries(_limit, _offset, _order, _player_id)
	error = page.error
	_offset += page.entries.size()
	total = page.total
	_is_over = page.entries.is_empty() or _offset >= total
	for entry in page.entries:
		# Moved down past the end of its page, it would come a second time.
		if not _seen.has(entry.id):
			entries.append(entry)
		_seen[entry.id] = true
	return not page.entries.is_empty()

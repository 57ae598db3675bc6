class_name RankoraFold
extends RefCounted
## One page of a leaderboard, kept right by the messages of its stream. Rows are dictionaries as they come.

var total := 0
## The followed player's row; empty where there is none.
var player := {}

## What stands on each place of the page; empty where that can't be known yet.
var _rows: Array[Dictionary] = []
var _is_mirrored := false
var _limit: int
var _offset: int
var _follows: bool


func _init(limit: int, offset := 0, follows := false) -> void:
	_limit = limit
	_offset = offset
	_follows = follows


## The rows that are known. For a moment one may be missing; the ranks of the others are right.
func rows() -> Array[Dictionary]:
	var known: Array[Dictionary] = []
	for row in _rows:
		if not row.is_empty():
			known.append(row)
	return known


## [param is_mirrored]: whether the page's order is not the leaderboard's own.
func take_page(entries: Array, page_total: int, is_mirrored: bool, player_row := {}) -> void:
	_rows.assign(entries)
	_is_mirrored = is_mirrored
	total = page_total
	player = player_row
	if player.is_empty():
		for row in _rows:
			if row.get("is_current_player", false):
				player = row


## Takes what changed: the row before and after, each empty where there was or is none. False where it contradicts what
## is known: then a fresh page is needed.
func take_change(after: Dictionary, before: Dictionary) -> bool:
	var from := 0 if before.is_empty() else _place_of(before)
	total += int(not after.is_empty()) - int(not before.is_empty())
	var to := 0 if after.is_empty() else _place_of(after)
	if _follows:
		# Others' changes aren't told, so only a page makes the rows right, and it comes.
		player = {} if to == 0 else _ranked(after, to)
		return true

	var known := {} if from == 0 else _row_at(from)
	if not known.is_empty() and known.get("id") != before.get("id"):
		return false
	var rows_now: Array[Dictionary] = []
	for index in clampi(total - _offset, 0, _limit):
		var place := _offset + 1 + index
		if place == to:
			rows_now.append(_ranked(after, place))
			continue
		# Where the row on this place stood before: one was put in, and one was taken out.
		var stood := place - 1 if to > 0 and to < place else place
		if from > 0 and from <= stood:
			stood += 1
		rows_now.append(_ranked(_row_at(stood), place))
	_rows = rows_now
	return true


func _row_at(place: int) -> Dictionary:
	var index := place - _offset - 1
	return _rows[index] if index >= 0 and index < _rows.size() else {}


## A row with another rank. Rows that were given out stay as they are.
func _ranked(row: Dictionary, rank: int) -> Dictionary:
	if row.is_empty() or int(row.get("rank", 0)) == rank:
		return row
	var copy := row.duplicate()
	copy["rank"] = rank
	return copy


## Changes have ranks in the leaderboard's own order.
func _place_of(row: Dictionary) -> int:
	var rank := int(row.get("rank", 0))
	return total + 1 - rank if _is_mirrored else rank

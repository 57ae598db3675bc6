@tool
class_name RankoraEntry
extends RankoraResult
## One player's entry.

## A public handle that stays the same for the player on this leaderboard. Not the player's id.
var id := ""
var name := ""
var score := 0.0
## From 1, in the order that was asked for.
var rank := 0
## The game's own; empty where there is none. Numbers come as floats.
var metadata := {}
var updated_at := ""
var is_current_player := false
## Of an entry that was asked for by its player's id; lists don't show it.
var player_id := ""
var leaderboard_id := ""
var created_at := ""


static func of_wire(row: Dictionary) -> RankoraEntry:
	var entry := RankoraEntry.new()
	entry.id = str(row.get("id", ""))
	entry.name = str(row.get("name", ""))
	entry.score = float(row.get("score", 0.0))
	entry.rank = int(row.get("rank", 0))
	entry.updated_at = str(row.get("updated_at", ""))
	entry.created_at = str(row.get("created_at", ""))
	entry.player_id = str(row.get("player_id", ""))
	entry.leaderboard_id = str(row.get("leaderboard_id", ""))
	entry.is_current_player = row.get("is_current_player", false)
	if row.get("metadata") is Dictionary:
		entry.metadata = row["metadata"]
	return entry


static func list_of_wire(rows: Array) -> Array[RankoraEntry]:
	var entries: Array[RankoraEntry] = []
	for row: Dictionary in rows:
		entries.append(of_wire(row))
	return entries

class_name RankoraSubmitted
extends RankoraResult
## What became of a submission.

## It couldn't be sent yet and waits on this device: only [member player_id] and [member score] are known.
var waits := false
var player_id := ""
var rank := 0
## As the leaderboard has it now.
var score := 0.0
## Whether the player had an entry before; else the two that follow say nothing.
var had_entry := false
var previous_score := 0.0
var previous_rank := 0
var total_entries := 0


static func of_wire(body: Dictionary) -> RankoraSubmitted:
	var submitted := RankoraSubmitted.new()
	submitted.player_id = str(body.get("player_id", ""))
	submitted.rank = int(body.get("rank", 0))
	submitted.score = float(body.get("score", 0.0))
	submitted.total_entries = int(body.get("total_entries", 0))
	submitted.had_entry = body.get("previous_score") != null
	if submitted.had_entry:
		submitted.previous_score = float(body["previous_score"])
		submitted.previous_rank = int(body["previous_rank"])
	return submitted

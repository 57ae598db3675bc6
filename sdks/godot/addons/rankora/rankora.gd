extends RankoraClient
## The autoload [code]Rankora[/code]: the leaderboard of the project's settings, with a queue for submissions.

## A submission was accepted, be it one that waited.
signal score_accepted(submitted: RankoraSubmitted, submission: Dictionary)
## A submission was refused for good.
signal score_refused(error: RankoraError, submission: Dictionary)
## Another number of submissions waits to be sent.
signal waiting_changed(count: int)

## Submissions that wait while the server can't be reached.
var queue: RankoraQueue
## The id of whoever plays on this device, made at first use. Set it to that of a player who signed in.
var player_id: String:
	get:
		return RankoraPlayer.local_id()
	set(value):
		if not RankoraPlayer.set_local_id(value):
			push_error("Rankora: %s is no player's id, or can't be kept" % value)


func _init() -> void:
	base_url = RankoraSettings.base_url()
	key = RankoraSettings.key()
	timeout = RankoraSettings.timeout()
	retries = RankoraSettings.retries()


func _ready() -> void:
	queue = RankoraQueue.new(self)
	queue.keep = RankoraSettings.keep()
	queue.is_ascending = RankoraSettings.is_ascending()
	queue.limit = RankoraSettings.queue_limit()
	queue.accepted.connect(score_accepted.emit)
	queue.refused.connect(score_refused.emit)
	queue.waiting_changed.connect(waiting_changed.emit)
	add_child(queue)


## Submits a score of whoever plays on this device, or keeps it until it can be sent: then
## [member RankoraSubmitted.waits]. [param metadata] is a small dictionary; left out, the entry keeps what it has; null
## clears.
func submit_score(
	player_name: Variant, score: Variant, metadata: Variant = RankoraRules.KEEP_METADATA
) -> RankoraSubmitted:
	return await queue.submit(player_name, score, metadata)


## The entry of whoever plays on this device. One that the leaderboard has lost is submitted anew.
func get_own_entry() -> RankoraEntry:
	return await queue.get_entry()


## Removes the entry of whoever plays on this device, for good.
func remove_own_entry() -> RankoraResult:
	return await queue.remove_entry()


## A page that stays right by itself once it is added to the tree.
func follow(limit := 10, order := "", follow_player := false) -> RankoraLive:
	var live := RankoraLive.new(self)
	live.limit = limit
	live.order = order
	live.player_id = player_id if follow_player else ""
	return live

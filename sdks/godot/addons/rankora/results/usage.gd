class_name RankoraUsage
extends RankoraResult
## What the account has used of its plan. What remains is -1 where the plan has no limit.

var plan := ""
## When the count of requests begins anew.
var resets_at := ""
var current_requests := 0
var remaining_requests := -1
var current_leaderboards := 0
var remaining_leaderboards := -1
var current_entries := 0
var remaining_entries := -1


static func of_wire(body: Dictionary) -> RankoraUsage:
	var usage := RankoraUsage.new()
	usage.plan = str(body.get("plan", ""))
	usage.resets_at = usage._text_of(body.get("resetsAt"))
	usage.current_requests = _count(body.get("currentRequests"))
	usage.remaining_requests = _count(body.get("remainingRequests"))
	usage.current_leaderboards = _count(body.get("currentLeaderboards"))
	usage.remaining_leaderboards = _count(body.get("remainingLeaderboards"))
	usage.current_entries = _count(body.get("currentEntries"))
	usage.remaining_entries = _count(body.get("remainingEntries"))
	return usage


static func _count(value: Variant) -> int:
	return -1 if value == null else int(value)

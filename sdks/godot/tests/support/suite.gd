class_name RankoraTestSuite
extends Node
## What all tests need: checks, a server, and patience.

## Seconds.
const PATIENCE := 20.0

var control_url := ""
var failures := PackedStringArray()


## Checks that two values are the same.
func same(found: Variant, expected: Variant, about: Variant = "") -> bool:
	if typeof(found) == typeof(expected) and found == expected:
		return true
	failures.append("%s: %s, not %s" % [about, var_to_str(found), var_to_str(expected)])
	return false


func holds(condition: bool, about: Variant) -> bool:
	if not condition:
		failures.append(str(about))
	return condition


## Waits until a probe holds; fails where that takes too long.
func eventually(about: String, probe: Callable) -> bool:
	var until := Time.get_ticks_msec() + int(PATIENCE * 1000.0)
	while Time.get_ticks_msec() < until:
		if await probe.call():
			return true
		await get_tree().process_frame
	return holds(false, "waited in vain: " + about)


## Tells the world what is wished for; see world.py.
func wish(what: String, about := {}) -> Dictionary:
	var request := HTTPRequest.new()
	add_child(request)
	request.request("%s/%s" % [control_url, what], [], HTTPClient.METHOD_POST, JSON.stringify(about))
	var answer: Array = await request.request_completed
	request.queue_free()
	var said: Variant = JSON.parse_string(answer[3].get_string_from_utf8())
	if not holds(answer[1] == 200, "%s: %s" % [what, said]):
		return {}
	return said


## A client of a leaderboard that [code]wish("board")[/code] gave.
func client_of(board: Dictionary, kind := "secret", url := "base_url") -> RankoraClient:
	var client := RankoraClient.new()
	client.base_url = board[url]
	client.key = board.get(kind, "")
	add_child(client)
	return client


## A client whose server answers as it is told; see [RankoraTestAnswers].
func client_answered(answers: Array) -> RankoraClient:
	var client := RankoraClient.new()
	client.base_url = "https://scores.example.org/"
	client.key = "rk_pub_x"
	client.http = RankoraTestAnswers.new(answers)
	add_child(client)
	return client

class_name RankoraHttp
extends Node
## Requests by the engine's own [HTTPRequest], each by a node of its own.

## Bytes: no answer of a Rankora server is longer.
const LONGEST_ANSWER := 1024 * 1024


## Asks once. [param timeout] is in seconds.
func send(method: int, url: String, headers: PackedStringArray, body: String, timeout: float) -> RankoraReply:
	var request := HTTPRequest.new()
	request.timeout = timeout
	request.body_size_limit = LONGEST_ANSWER
	# A redirection would get the key, whoever it leads to.
	request.max_redirects = 0
	add_child(request)
	var reply := RankoraReply.failed("network")
	# What is no address, the engine would complain of.
	if url.begins_with("http") and request.request(_fresh(url), headers, method, body) == OK:
		var completed: Array = await request.request_completed
		reply = _reply_of(completed[0], completed[1], completed[2], completed[3])
	request.queue_free()
	return reply


func _reply_of(result: int, status: int, lines: PackedStringArray, body: PackedByteArray) -> RankoraReply:
	if result == HTTPRequest.RESULT_TIMEOUT:
		return RankoraReply.failed("timeout")
	if result != HTTPRequest.RESULT_SUCCESS and result != HTTPRequest.RESULT_REDIRECT_LIMIT_REACHED:
		return RankoraReply.failed("network")
	var reply := RankoraReply.new()
	reply.status = status
	reply.headers = RankoraWire.headers_of(lines)
	reply.body = body.get_string_from_utf8()
	return reply


## The server lets pages be kept for a moment and knows when they are over; a browser doesn't. It ignores parameters
## that it doesn't know.
func _fresh(url: String) -> String:
	if not OS.has_feature("web"):
		return url
	return "%s%sfresh=%d" % [url, "&" if url.contains("?") else "?", Time.get_ticks_usec()]

class_name RankoraTestAnswers
extends RankoraHttp
## A server that gives these answers in turn, the last one again and again, and keeps what was asked. An answer is a
## [RankoraReply], or a function that makes one of the request's body.

## Each with method, url, headers (by their names in lower case), body, and when, in milliseconds.
var asked: Array[Dictionary] = []

var _answers: Array


func _init(answers: Array) -> void:
	_answers = answers.duplicate()


static func answer(status: int, body: Variant, headers := {}) -> RankoraReply:
	var reply := RankoraReply.new()
	reply.status = status
	reply.headers = headers
	reply.body = body if body is String else JSON.stringify(body)
	return reply


static func refusal(status: int, code: String, headers := {}) -> RankoraReply:
	return answer(status, {"success": false, "error": "It is refused", "code": code}, headers)


static func unreachable() -> RankoraReply:
	return RankoraReply.failed("network")


func send(method: int, url: String, headers: PackedStringArray, body: String, _timeout: float) -> RankoraReply:
	(
		asked
		. append(
			{
				"method": method,
				"url": url,
				"headers": RankoraWire.headers_of(headers),
				"body": body,
				"at": Time.get_ticks_msec(),
			}
		)
	)
	await get_tree().process_frame
	var next: Variant = _answers.pop_front() if _answers.size() > 1 else _answers[0]
	return next.call(body) if next is Callable else next

class_name RankoraError
extends RefCounted
## Why something failed.

## A stable word: the server's, such as [code]rate_limited[/code] or [code]invalid_name[/code]; or [code]network[/code],
## [code]timeout[/code], [code]unexpected_answer[/code], [code]queue_full[/code], [code]no_streams[/code].
var code := ""
## A sentence for people.
var message := ""
## Of the answer; 0 where none came or nothing was sent.
var status := 0
## The field that is to blame, where one is.
var field := ""
## Seconds to wait, where the server says so; else 0.
var retry_after := 0.0
## By which the server's log is searched.
var request_id := ""


func _init(of_code: String, of_message: String, of_status := 0, of_field := "") -> void:
	code = of_code
	message = of_message
	status = of_status
	field = of_field


## The error that an answer tells of. One that isn't in the server's form comes from something in between.
static func of_answer(of_status: int, headers: Dictionary, body: Variant) -> RankoraError:
	var error := RankoraError.new("unexpected_answer", "An unexpected answer (status %d)" % of_status, of_status)
	if body is Dictionary and body.get("code") is String and of_status >= 400:
		error.code = body["code"]
		error.message = str(body.get("error", ""))
		error.field = str(body.get("field", ""))
	var now := Time.get_unix_time_from_system()
	error.retry_after = maxf(0.0, RankoraRetry.seconds_until(headers.get("retry-after", ""), now))
	error.request_id = headers.get("x-request-id", "")
	return error


func _to_string() -> String:
	return "%s: %s" % [code, message]

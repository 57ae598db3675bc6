class_name RankoraStream
extends RefCounted
## One stream of a leaderboard over an [HTTPClient]: call [method poll] each frame until it [member is_over].

## Seconds until the first message; where something in between holds it back, there is none.
const BEGIN_WITHIN := 10.0
## Seconds: a stream is dead where not even the server's comments come, one every 15 s.
const SILENCE := 45.0

## Whether a message has come.
var is_open := false
var is_over := false
## Why it could not be had, where nothing came of it.
var error: RankoraError
## Milliseconds after which to come back, as the server told; -1 where it didn't.
var retry: int:
	get:
		return _parser.retry

var _http := HTTPClient.new()
var _parser := RankoraSse.new()
var _path := ""
var _headers: PackedStringArray
var _is_asked := false
## Milliseconds of the engine's clock.
var _deadline := 0
## Of the answer; 0 until it begins.
var _status := 0
var _answer_headers := {}
## Whether the answer is no stream, and what it says then.
var _is_refusal := false
var _refusal := PackedByteArray()


func _init(url: String, headers: PackedStringArray) -> void:
	_headers = headers.duplicate()
	_headers.append("Accept: text/event-stream")
	_http.blocking_mode_enabled = false
	_wait(BEGIN_WITHIN)
	var parts := RegEx.create_from_string("^(https?)://([^/:]+|\\[[^\\]]+\\])(?::(\\d+))?(/.*)$").search(url)
	if parts == null:
		_end(RankoraError.new("network", "The base URL isn't one: " + url))
		return
	_path = parts.get_string(4)
	var is_https := parts.get_string(1) == "https"
	var port := int(parts.get_string(3)) if not parts.get_string(3).is_empty() else -1
	var host := parts.get_string(2).trim_prefix("[").trim_suffix("]")
	if _http.connect_to_host(host, port, TLSOptions.client() if is_https else null) != OK:
		_end(RankoraError.new("network", "The server can't be reached"))


## What has come since: dictionaries with [code]data[/code] and [code]id[/code].
func poll() -> Array[Dictionary]:
	if is_over:
		return []
	_http.poll()
	_take_head()
	if Time.get_ticks_msec() > _deadline:
		_end(RankoraError.new("timeout", "The server took too long"))
		return []
	match _http.get_status():
		HTTPClient.STATUS_RESOLVING, HTTPClient.STATUS_CONNECTING, HTTPClient.STATUS_REQUESTING:
			return []
		HTTPClient.STATUS_BODY:
			return _read()
		HTTPClient.STATUS_CONNECTED:
			if not _is_asked and _http.request(HTTPClient.METHOD_GET, _path, _headers) == OK:
				_is_asked = true
				return []
	# The answer is over, or never came.
	_end(_refused() if _is_refusal else RankoraError.new("network", "The server can't be reached"))
	return []


func close() -> void:
	is_over = true
	_http.close()


## What the answer begins with. The client forgets it when the connection ends.
func _take_head() -> void:
	if _status != 0 or not _http.has_response():
		return
	_status = _http.get_response_code()
	_answer_headers = RankoraWire.headers_of(_http.get_response_headers())
	var type: String = _answer_headers.get("content-type", "")
	_is_refusal = _status != 200 or not type.begins_with("text/event-stream")


func _read() -> Array[Dictionary]:
	var bytes := PackedByteArray()
	while _http.get_status() == HTTPClient.STATUS_BODY:
		var chunk := _http.read_response_body_chunk()
		if chunk.is_empty():
			break
		bytes.append_array(chunk)
	if _is_refusal:
		_refusal.append_array(bytes)
		return []
	if bytes.is_empty():
		return []
	_wait(SILENCE)
	var events := _parser.feed(bytes)
	is_open = is_open or not events.is_empty()
	return events


func _refused() -> RankoraError:
	return RankoraError.of_answer(_status, _answer_headers, RankoraJson.read(_refusal.get_string_from_utf8()))


func _wait(seconds: float) -> void:
	_deadline = Time.get_ticks_msec() + int(seconds * 1000.0)


func _end(why: RankoraError) -> void:
	if not is_open:
		error = why
	close()

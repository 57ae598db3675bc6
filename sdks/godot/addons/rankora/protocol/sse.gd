class_name RankoraSse
extends RefCounted
## Takes a stream of server-sent events apart, in whatever pieces its bytes come.

const _LINE_FEED := 10
const _CARRIAGE_RETURN := 13
const _SPACE := " "

## Of the last message that had one.
var last_id := ""
## Milliseconds after which to come back, as told last; -1 where nothing was told.
var retry := -1

var _rest := PackedByteArray()
var _data := PackedStringArray()


## The messages that end in these bytes: each a dictionary with [code]data[/code] and [code]id[/code].
func feed(bytes: PackedByteArray) -> Array[Dictionary]:
	_rest.append_array(bytes)
	var events: Array[Dictionary] = []
	var start := 0
	while true:
		var end := _end_of_line(start)
		if end < 0:
			break
		_read(_rest.slice(start, end), events)
		start = end + 1
		if _rest[end] == _CARRIAGE_RETURN and _rest[start] == _LINE_FEED:
			start += 1
	_rest = _rest.slice(start)
	return events


## Where the line ends that begins here; -1 where that can't be told yet.
func _end_of_line(start: int) -> int:
	var feed_at := _rest.find(_LINE_FEED, start)
	var return_at := _rest.find(_CARRIAGE_RETURN, start)
	# A last carriage return may be half of a line's end.
	if return_at >= 0 and return_at == _rest.size() - 1:
		return_at = -1
	if feed_at < 0 or return_at < 0:
		return maxi(feed_at, return_at)
	return mini(feed_at, return_at)


func _read(line: PackedByteArray, events: Array[Dictionary]) -> void:
	if line.is_empty():
		if not _data.is_empty():
			events.append({"data": "\n".join(_data), "id": last_id})
		_data.clear()
		return
	# A text would end there.
	if line.has(0):
		return
	var text := line.get_string_from_utf8()
	var colon := text.find(":")
	var field := text if colon < 0 else text.left(colon)
	var value := "" if colon < 0 else text.substr(colon + 1).trim_prefix(_SPACE)
	match field:
		"data":
			_data.append(value)
		"id":
			last_id = value
		"retry":
			if value.is_valid_int() and not value.begins_with("-"):
				retry = int(value)

@tool
class_name RankoraFormat
extends RefCounted
## Scores for people.

## Decimals where none are asked for.
const NUMBER_DECIMALS := 6
const TIME_DECIMALS := 3


## [code]1,234.5[/code]; or with [param score_format] [code]time[/code], which is in seconds, [code]1:23.250[/code].
## [param decimals]: how many at most, of a time exactly; -1 for the usual. The engine knows no country's way to write
## numbers, so [param group] and [param point] say it.
static func score(value: float, score_format := "number", decimals := -1, group := ",", point := ".") -> String:
	var is_time := score_format == "time"
	if decimals < 0:
		decimals = TIME_DECIMALS if is_time else NUMBER_DECIMALS
	var scale := pow(10.0, decimals)
	var units := roundf(absf(value) * scale)
	if is_time and units < RankoraNumber.SAFE:
		# Rounded before it is taken apart: 59.9999 s are a minute.
		return _time(int(units), int(scale), decimals, point, value < 0.0)
	return _number(value, decimals, group, point)


static func _time(units: int, scale: int, decimals: int, point: String, is_negative: bool) -> String:
	var seconds := units / scale
	var hours := seconds / 3600
	var minutes := seconds / 60 % 60
	var clock := "%d:%02d" % [hours, minutes] if hours > 0 else str(minutes)
	var fraction := point + str(units % scale).pad_zeros(decimals) if decimals > 0 else ""
	return "%s%s:%02d%s" % ["-" if is_negative and units > 0 else "", clock, seconds % 60, fraction]


static func _number(value: float, decimals: int, group: String, point: String) -> String:
	# So large, it has no decimals, and the engine can't write it out.
	if absf(value) >= RankoraNumber.SAFE:
		return RankoraNumber.to_json(value).replace(".", point)
	var text := String.num(absf(value), decimals)
	var whole := text.get_slice(".", 0)
	var fraction := text.get_slice(".", 1).rstrip("0") if text.contains(".") else ""
	for place in range(whole.length() - 3, 0, -3):
		whole = whole.insert(place, group)
	var is_nothing := whole == "0" and fraction.is_empty()
	return "%s%s%s" % ["-" if value < 0.0 and not is_nothing else "", whole, point + fraction if fraction else ""]

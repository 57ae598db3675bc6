class_name RankoraNfc
extends RefCounted
## Unicode's composed form (NFC), which the engine doesn't have.

## Below it, all text is composed as it is.
const _FIRST := 0x300

# Hangul is composed by arithmetic.
const _SYLLABLES := 0xAC00
const _LEADING := 0x1100
const _VOWELS := 0x1161
const _TRAILING := 0x11A7
const _VOWEL_COUNT := 21
const _TRAILING_COUNT := 28
const _SYLLABLE_COUNT := 11172

## Character → what stands in its place.
static var _apart := {}
## Two characters, as "a+b" in hexadecimal → the one that they are composed to.
static var _composed := {}
## Mark → class.
static var _classes := {}


static func compose(text: String) -> String:
	var needs_work := false
	for index in text.length():
		needs_work = needs_work or text.unicode_at(index) >= _FIRST
	if not needs_work:
		return text
	if _classes.is_empty():
		_load()
	var codes: Array[int] = []
	for index in text.length():
		_take_apart(text.unicode_at(index), codes)
	_sort_marks(codes)
	return _put_together(codes)


static func _take_apart(code: int, codes: Array[int]) -> void:
	var syllable := code - _SYLLABLES
	if syllable >= 0 and syllable < _SYLLABLE_COUNT:
		codes.append(_LEADING + syllable / (_VOWEL_COUNT * _TRAILING_COUNT))
		codes.append(_VOWELS + syllable / _TRAILING_COUNT % _VOWEL_COUNT)
		if syllable % _TRAILING_COUNT > 0:
			codes.append(_TRAILING + syllable % _TRAILING_COUNT)
	elif _apart.has(code):
		for part: int in _apart[code]:
			_take_apart(part, codes)
	else:
		codes.append(code)


## Marks that follow each other stand in the order of their classes; those of one class stay as they are.
static func _sort_marks(codes: Array[int]) -> void:
	for index in range(1, codes.size()):
		var at := index
		var code := codes[at]
		var own := _class_of(code)
		while own > 0 and at > 0 and _class_of(codes[at - 1]) > own:
			codes[at] = codes[at - 1]
			at -= 1
		codes[at] = code


static func _put_together(codes: Array[int]) -> String:
	var kept: Array[int] = []
	var starter := -1
	var last_class := 0
	for code in codes:
		var own := _class_of(code)
		# A mark reaches its letter unless another one of its class, or a letter, stands between them.
		var reaches := starter >= 0 and (starter == kept.size() - 1 or (last_class < own and last_class > 0))
		var both := _pair(kept[starter], code) if reaches else 0
		if both > 0:
			kept[starter] = both
			continue
		kept.append(code)
		last_class = own
		if own == 0:
			starter = kept.size() - 1
	var text := ""
	for code in kept:
		text += String.chr(code)
	return text


## What two characters are composed to; 0 for nothing.
static func _pair(first: int, second: int) -> int:
	var leading := first - _LEADING
	var vowel := second - _VOWELS
	if leading >= 0 and leading < 19 and vowel >= 0 and vowel < _VOWEL_COUNT:
		return _SYLLABLES + (leading * _VOWEL_COUNT + vowel) * _TRAILING_COUNT
	var syllable := first - _SYLLABLES
	var trailing := second - _TRAILING
	var is_open := syllable >= 0 and syllable < _SYLLABLE_COUNT and syllable % _TRAILING_COUNT == 0
	if is_open and trailing > 0 and trailing < _TRAILING_COUNT:
		return first + trailing
	return _composed.get("%X+%X" % [first, second], 0)


static func _class_of(code: int) -> int:
	return _classes.get(code, 0)


static func _load() -> void:
	for line in RankoraNfcData.COMPOSED + RankoraNfcData.TAKEN_APART:
		for entry in line.split(" "):
			var parts: Array[int] = []
			for part in entry.get_slice("=", 1).split("+"):
				parts.append(part.hex_to_int())
			_apart[entry.get_slice("=", 0).hex_to_int()] = parts
	for line in RankoraNfcData.COMPOSED:
		for entry in line.split(" "):
			_composed[entry.get_slice("=", 1)] = entry.get_slice("=", 0).hex_to_int()
	for line in RankoraNfcData.CLASSES:
		for entry in line.split(" "):
			var bounds := entry.get_slice("=", 0)
			var last := bounds.get_slice("-", 1).hex_to_int()
			for code in range(bounds.get_slice("-", 0).hex_to_int(), last + 1):
				_classes[code] = entry.get_slice("=", 1).hex_to_int()

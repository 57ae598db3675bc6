class_name RankoraNumber
extends RefCounted
## Numbers as JSON, exactly.
##
## The engine's own text of a [float] has had six digits or seventeen, depending on its version, and would write large
## whole numbers with digits that the number has not.

## From here on not every whole number is a [float], and the server refuses those that are written digit by digit
## and would be rounded.
const SAFE := 9007199254740992.0
## Digits that tell any two floats apart.
const DIGITS := 17

const _LIMB := 1_000_000_000
const _LIMB_DIGITS := 9


## JSON for an [int] or a finite [float]. What is [constant SAFE] or more has an exponent if it is a float.
static func to_json(value: Variant) -> String:
	if value is int:
		return str(value)
	var number: float = value
	if number == floorf(number) and absf(number) < SAFE:
		return str(int(number))
	var digits := significant_digits(number, DIGITS)
	var power := power_of_ten(number)
	var sign := "-" if number < 0.0 else ""
	if absf(number) < SAFE and power >= 0:
		return sign + digits.left(power + 1) + "." + digits.substr(power + 1)
	if power < 0 and power > -7:
		return sign + "0." + "0".repeat(-1 - power) + digits
	var fraction := "." + digits.substr(1) if digits.length() > 1 else ""
	return "%s%s%se%d" % [sign, digits[0], fraction, power]


## The first digits of a number that isn't 0, correctly rounded, without zeros at their end.
static func significant_digits(number: float, count: int) -> String:
	return _rounded(_expanded(number)[0], count)[0]


## The power of ten that belongs to the first of [constant DIGITS] digits.
static func power_of_ten(number: float) -> int:
	var expanded := _expanded(number)
	var text: String = expanded[0]
	var shift: int = expanded[1]
	return text.length() - 1 - shift + int(_rounded(text, DIGITS)[1])


## Digits, and 1 where rounding made one more of them.
static func _rounded(text: String, count: int) -> Array:
	if text.length() <= count:
		return [text.rstrip("0"), 0]
	var head := int(text.left(count))
	if text[count] >= "5":
		head += 1
	var rounded := str(head)
	return [rounded.rstrip("0"), rounded.length() - count]


## All decimal digits of a number, and how many of them stand behind the point. A float is a whole number times a power
## of two, so there is an end to them.
static func _expanded(number: float) -> Array:
	var bytes := PackedByteArray()
	bytes.resize(8)
	bytes.encode_double(0, absf(number))
	var bits := bytes.decode_s64(0)
	var exponent := bits >> 52
	var mantissa := bits & ((1 << 52) - 1)
	if exponent == 0:
		exponent = 1
	else:
		mantissa |= 1 << 52
	exponent -= 1075

	var limbs: Array[int] = [mantissa % _LIMB, mantissa / _LIMB]
	var left := absi(exponent)
	# times 2^n is times 2^n; times 2^-n is times 5^n, with the point n digits further left.
	var base := 2 if exponent > 0 else 5
	var step := 30 if exponent > 0 else 12
	while left > 0:
		_multiply(limbs, int(pow(base, mini(left, step))))
		left -= step
	var text := ""
	for limb in limbs:
		text = str(limb).pad_zeros(_LIMB_DIGITS) + text
	return [text.lstrip("0"), maxi(0, -exponent)]


static func _multiply(limbs: Array[int], factor: int) -> void:
	var carry := 0
	for index in limbs.size():
		carry += limbs[index] * factor
		limbs[index] = carry % _LIMB
		carry /= _LIMB
	while carry > 0:
		limbs.append(carry % _LIMB)
		carry /= _LIMB

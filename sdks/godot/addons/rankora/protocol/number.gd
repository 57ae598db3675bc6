@tool
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
## Digits that a float always keeps.
const _SURE_DIGITS := 15

const _LIMB := 1_000_000_000
const _LIMB_DIGITS := 9


## JSON for an [int] or a finite [float]. What is [constant SAFE] or more has an exponent if it is a float.
static func to_json(value: Variant) -> String:
	if value is int:
		return str(value)
	var number: float = value
	if number == floorf(number) and absf(number) < SAFE:
		return str(int(number))
	var shortest := _shortest(number)
	var digits: String = shortest.digits
	var power: int = shortest.power
	var sign := "-" if number < 0.0 else ""
	if absf(number) < SAFE and power >= 0:
		return sign + digits.left(power + 1) + "." + digits.substr(power + 1)
	if power < 0 and power > -7:
		return sign + "0." + "0".repeat(-1 - power) + digits
	var fraction := "." + digits.substr(1) if digits.length() > 1 else ""
	return "%s%s%se%d" % [sign, digits[0], fraction, power]


## How many characters a number takes without an exponent, or one less: never more.
static func plain_length(number: float) -> int:
	var sign := 1 if number < 0.0 else 0
	if number == 0.0 or (absf(number) < SAFE and absf(number) >= 1.0):
		return 1
	if absf(number) >= SAFE:
		# With `.0` behind it.
		return sign + _expanded(number).power + 3
	# `0.`, and zeros before the digits. The last of so many may be one too many.
	var shortest := _shortest(number)
	return sign + 1 - shortest.power + mini(shortest.digits.length(), DIGITS - 1)


## The first digits of a number that isn't 0, and the power of ten of the first one: as few as tell it from any other
## float, or almost so.
static func _shortest(number: float) -> Dictionary:
	var expanded := _expanded(number)
	for count in [_SURE_DIGITS, DIGITS - 1]:
		var rounded := _rounded(expanded, count)
		# In units of the 18th digit. A float is nearest to all that is less than half a unit of its mantissa away, or a
		# quarter below a power of two.
		var off := absi(_whole(rounded.digits, rounded.power - expanded.power) - _whole(expanded.digits, 0)) + 1
		var mantissa: int = expanded.mantissa
		var per_half := 4 if mantissa == 1 << 52 else 2
		if off * per_half * mantissa < _whole(expanded.digits, 0):
			return rounded
	return _rounded(expanded, DIGITS)


## The first 18 digits as a whole number.
static func _whole(digits: String, shift: int) -> int:
	return int(digits.left(18).rpad(18 + shift, "0"))


## Correctly rounded, without zeros at the end.
static func _rounded(expanded: Dictionary, count: int) -> Dictionary:
	var digits: String = expanded.digits
	if digits.length() <= count:
		return {"digits": digits.rstrip("0"), "power": expanded.power}
	var head := int(digits.left(count))
	if digits[count] >= "5":
		head += 1
	var text := str(head)
	return {"digits": text.rstrip("0"), "power": expanded.power + text.length() - count}


## All decimal digits of a number, the power of ten of the first one, and its mantissa. A float is a whole number times
## a power of two, so there is an end to them.
static func _expanded(number: float) -> Dictionary:
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
	text = text.lstrip("0")
	return {"digits": text, "power": text.length() - 1 - maxi(0, -exponent), "mantissa": mantissa}


static func _multiply(limbs: Array[int], factor: int) -> void:
	var carry := 0
	for index in limbs.size():
		carry += limbs[index] * factor
		limbs[index] = carry % _LIMB
		carry /= _LIMB
	while carry > 0:
		limbs.append(carry % _LIMB)
		carry /= _LIMB

# Text as HTML.

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

# inline turns `code`, *emphasis* and [text](address) into HTML.
function inline(text,    before, found, after, cut) {
	text = escape(text)
	while (match(text, /`[^`]+`/))
		text = wrap(text, "code", 1)
	while (match(text, /\*[^*]+\*/))
		text = wrap(text, "em", 1)
	while (match(text, /\[[^]]+\]\([^)]+\)/)) {
		before = substr(text, 1, RSTART - 1)
		found = substr(text, RSTART + 1, RLENGTH - 2)
		after = substr(text, RSTART + RLENGTH)
		cut = index(found, "](")
		text = before "<a href=\"" substr(found, cut + 2) "\">" substr(found, 1, cut - 1) "</a>" after
	}
	return text
}

# wrap puts an element around what match() found, without its n outer characters.
function wrap(text, element, n) {
	return substr(text, 1, RSTART - 1) "<" element ">" \
		substr(text, RSTART + n, RLENGTH - 2 * n) "</" element ">" substr(text, RSTART + RLENGTH)
}

function money(cents) {
	return sprintf("%d.%02d €", int(cents / 100), cents % 100)
}

# Pages: a small part of Markdown (headings, lists, paragraphs) and, on a line of
# its own, {{products CATEGORY}} for a table of products.
#
#   render -v products=FILE -v template=FILE -v style=NAME page.md

BEGIN { title = "Harbour & Hull" }

/^# / { title = substr($0, 3) }

/^#+ / {
	finish()
	level = index($0, " ") - 1
	emit("<h" level ">" inline(substr($0, level + 2)) "</h" level ">")
	next
}

/^- / {
	if (open != "ul") { finish(); emit("<ul>"); open = "ul" }
	emit("<li>" inline(substr($0, 3)) "</li>")
	next
}

/^\{\{products [a-z]+\}\}$/ { finish(); table(substr($2, 1, length($2) - 2)); next }

/^$/ { finish(); next }

{
	if (open != "p") { finish(); body = body "<p>"; open = "p" } else body = body " "
	body = body inline($0)
}

END {
	finish()
	fill()
}

function emit(line) { body = body line "\n" }

function finish() {
	if (open != "") emit("</" open ">")
	open = ""
}

function table(category,    line, cell, rows) {
	while ((getline line < products) > 0) {
		split(line, cell, "\t")
		if (cell[3] != category) continue
		rows++
		emit((rows == 1 ? "<table>\n" : "") "<tr id=\"" cell[1] "\"><td>" escape(cell[2]) "</td><td>" money(cell[4]) \
			"</td><td>" (cell[5] + 0 < 10 ? "few left" : "in stock") "</td></tr>")
	}
	close(products)
	if (!rows) { printf "%s: no products in category %s\n", FILENAME, category > "/dev/stderr"; exit 1 }
	emit("</table>")
}

# fill prints the template with the page in its places.
function fill(    line) {
	while ((getline line < template) > 0) {
		if (line ~ /\{\{body\}\}/) { printf "%s", body; continue }
		put(line, "{{title}}", escape(title))
	}
}

function put(line, mark, value,    at) {
	gsub(/\{\{style\}\}/, style, line)
	at = index(line, mark)
	if (at) line = substr(line, 1, at - 1) value substr(line, at + length(mark))
	print line
}

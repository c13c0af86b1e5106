# The cart as a CGI program.
#
#   GET  /cgi-bin/cart?id=ID                      shows a cart
#   POST /cgi-bin/cart?id=ID   sku=SKU&qty=N      adds to it

: "${CART_DIR:=/var/lib/cart}" "${CART_PRODUCTS:=/srv/data/products.tsv}" "${CART_CURRENCY:=EUR}"

main() {
	id=$(parameter id "${QUERY_STRING:-}")
	case $id in
	'' | *[!a-zA-Z0-9-]*) answer '400 Bad Request' 'A cart needs an id of letters, digits and hyphens.' ;;
	esac
	case ${REQUEST_METHOD:-} in
	GET) answer '200 OK' "$(show "$id")" ;;
	POST) post "$id" ;;
	*) answer '405 Method Not Allowed' 'GET shows a cart, POST adds to it.' ;;
	esac
}

post() {
	length=${CONTENT_LENGTH:-0}
	case $length in *[!0-9]*) length=0 ;; esac
	[ "$length" -le 200 ] || answer '413 Content Too Large' 'That is more than a product and a quantity.'
	body=$(head -c "$length")
	sku=$(parameter sku "$body")
	quantity=$(parameter qty "$body")
	case $quantity in
	'' | 0* | *[!0-9]* | ?????*) answer '400 Bad Request' 'The quantity is a number from 1 to 9999.' ;;
	esac
	price "$sku" >/dev/null || answer '404 Not Found' 'There is no such product.'
	add "$1" "$sku" "$quantity"
	answer '200 OK' "$(show "$1")"
}

# parameter NAME TEXT prints the value of NAME in a=b&c=d.
parameter() { printf '%s\n' "$2" | tr '&' '\n' | sed -n "s/^$1=//p" | head -n 1; }

answer() {
	printf 'Status: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\n' "$1" "$2"
	exit 0
}

main

# A cart is a file of lines "sku quantity".

cart_file() { echo "$CART_DIR/$1.cart"; }

# add ID SKU QUANTITY puts a product into a cart, adding to what is there.
add() {
	file=$(cart_file "$1")
	touch "$file"
	awk -v sku="$2" -v more="$3" '
		$1 == sku { $2 += more; seen = 1 }
		{ print $1, $2 }
		END { if (!seen) print sku, more }' "$file" >"$file.new.$$"
	mv "$file.new.$$" "$file"
}

# show ID prints the lines of a cart and their sum.
show() {
	file=$(cart_file "$1")
	if [ ! -s "$file" ]; then
		echo 'The cart is empty.'
		return
	fi
	sum=0
	while read -r sku quantity; do
		cents=$(($(price "$sku") * quantity))
		sum=$((sum + cents))
		printf '%4d x %-44s %10s\n' "$quantity" "$(name "$sku")" "$(money $cents)"
	done <"$file"
	printf '%-51s %10s %s\n' 'sum' "$(money $sum)" "$CART_CURRENCY"
}

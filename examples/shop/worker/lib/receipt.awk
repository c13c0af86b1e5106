# Reads the products, then an order, and prints its receipt. The last line is the
# sum, or what is wrong with the order.

FNR == NR { if (FNR > 1) split_product(); next }
/^for / { customer = substr($0, 5); next }
/^$/ { next }
{ order[++lines] = $1; quantity[lines] = $2; check($1, $2) }

END {
	if (fault == "" && customer == "") fault = "nobody ordered it"
	if (fault == "" && !lines) fault = "nothing is ordered"
	if (fault != "") { print fault; exit 1 }
	print "Receipt for " customer
	for (i = 1; i <= lines; i++) position(order[i], quantity[i])
	freight = grams <= 2000 ? 590 : grams <= 20000 ? 1190 : 4900
	amount("freight, " grams / 1000 " kg", freight)
	amount("sum", sum + freight)
}

function split_product(    cell) {
	split($0, cell, "\t")
	name[cell[1]] = cell[2]; cents[cell[1]] = cell[4]; stock[cell[1]] = cell[5]; weight[cell[1]] = cell[6]
}

function check(sku, count) {
	if (!(sku in name)) fault = "there is no product " sku
	else if (count !~ /^[1-9][0-9]*$/) fault = "the quantity " count " of " sku " is not a number"
	else if (count > stock[sku] + 0) fault = "only " stock[sku] " of " sku " are in stock"
}

function position(sku, count) {
	amount(count " x " name[sku], count * cents[sku])
	sum += count * cents[sku]
	grams += count * weight[sku]
}

function amount(text, cents) { printf "%-50s %8d.%02d\n", text, int(cents / 100), cents % 100 }

# Amounts are whole numbers of cents until they are shown.

money() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

# price SKU prints the cents of a product, or fails.
price() { awk -F '\t' -v sku="$1" '$1 == sku { print $4; found = 1 } END { exit !found }' "$CART_PRODUCTS"; }

# name SKU prints the name of a product.
name() { awk -F '\t' -v sku="$1" '$1 == sku { print $2 }' "$CART_PRODUCTS"; }

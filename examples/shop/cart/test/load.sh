#!/bin/sh
# Puts 500 carts into a running shop, by hand only: load.sh http://localhost:8080
for i in $(seq 500); do
	wget -q -O /dev/null --post-data 'sku=ROPE-12&qty=5' "$1/cgi-bin/cart?id=load-$i"
done

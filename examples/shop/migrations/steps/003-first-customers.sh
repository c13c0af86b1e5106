# the customers of the paper book, each in a port that exists
add() {
	cut -f 1 ports.tsv | grep -q -x "$3" || { echo "no port $3" >&2; exit 1; }
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>customers.tsv
}
add 1 'Ida Lund' NOBGO
add 2 'Per Holm' DKAAR
add 3 'Nils Aas' NOSVG

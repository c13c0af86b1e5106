# the ports of the authority's list become a table
{
	printf 'code\tname\n'
	sort /usr/share/ports/ports.txt | awk '{ code = $1; sub(/^[^ ]+ /, ""); print code "\t" $0 }'
} >ports.tsv

# customers, with the port their boat lies in
printf 'id\tname\tport\n' >customers.tsv

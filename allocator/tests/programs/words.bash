# Strings, arrays, recursion, sub-shells and pipes: much small memory, many forks.
set -eu
declare -A count
text=
for i in {1..400}; do
    word="w$((i * i % 97))"
    count[$word]=$((${count[$word]:-0} + 1))
    text+="$word "
done
for word in "${!count[@]}"; do
    echo "$word ${count[$word]}"
done | sort | md5sum
echo "${#text} ${text//w1/W_} " | cksum
fib() { if (($1 < 2)); then echo "$1"; else echo $(($(fib $(($1 - 1))) + $(fib $(($1 - 2))))); fi; }
fib 9
big=$(printf 'x%.0s' {1..20000})
echo "${#big} ${big:5:3}"
while read -r a b; do echo "$b $a"; done <<END | tac
one two
three four
END
mapfile -t lines < <(seq 1 3000)
echo "${#lines[@]} ${lines[2999]}"

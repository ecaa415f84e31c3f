# Turns matrix.txt into Make variables. A slug names a build: headerless-sll-off-fine.
#   VARIANTS_<set>    the slugs of a set of takes, the release default first
#   DEFAULT_VARIANT   the slug of the release default
#   FLAGS_<slug>      the preprocessor flags, of every build that there can be
function fail(text) {
    print FILENAME ":" FNR ": " text >"/dev/stderr"
    failed = 1
    exit 2
}
function find_axis(wanted,    i) {
    for (i = 1; i <= axes; i++)
        if (name[i] == wanted) return i
    fail("no axis is called '" wanted "'")
}
# Joins `left` more parts of `axis`, from part `from` on, to what is joined so far.
function add_values(axis, left, from, joined,    i) {
    if (left == 0) {
        value[axis, ++values[axis]] = joined
        return
    }
    for (i = from; i <= parts[axis]; i++)
        add_values(axis, left - 1, i + 1, joined (joined == "" ? "" : "+") part[axis, i])
}
function flags(axis, choice,    list, n, i, out) {
    if (!parts[axis]) return " -DHAK_" toupper(name[axis]) "_" toupper(choice) "=1"
    if (choice == value[axis, 1]) return ""
    n = split(choice == value[axis, 2] ? all[axis] : choice, list, "+")
    # The switch of a part is called after one of the axis: layers, HAK_LAYER_PIN.
    for (i = 1; i <= n; i++)
        out = out " -DHAK_" toupper(substr(name[axis], 1, length(name[axis]) - 1)) "_" \
              toupper(list[i]) "=1"
    return out
}
# The product of what each axis from `axis` on offers: the set's slugs, or with set "" all flags.
function build(set, axis, slug, string, defines,    list, n, i) {
    if (axis > axes) {
        if (set == "")
            print "FLAGS_" slug " :=" defines " -DHAK_VARIANT='\"" string "\"'"
        else if (!((set, slug) in taken)) {
            taken[set, slug] = 1
            slugs[set] = slugs[set] " " slug
        }
        return
    }
    if (!is_build[axis]) {
        build(set, axis + 1, slug, string, defines)
        return
    }
    n = split(offer[axis], list, "|")
    for (i = 1; i <= n; i++)
        build(set, axis + 1, slug (slug == "" ? "" : "-") list[i],
              string (string == "" ? "" : ",") name[axis] "=" list[i],
              defines flags(axis, list[i]))
}
function every(axis,    i, out) {
    for (i = 1; i <= values[axis]; i++) out = out (i > 1 ? "|" : "") value[axis, i]
    return out
}
function offer_defaults(    i) {
    for (i = 1; i <= axes; i++) offer[i] = value[i, 1]
}
$1 == "axis" {
    name[++axes] = $2
    is_build[axes] = $3 == "build"
    for (i = 4; i <= NF; i++) value[axes, ++values[axes]] = $i
}
$1 == "parts" {
    axis = find_axis($2)
    for (i = 3; i <= NF; i++) {
        part[axis, ++parts[axis]] = $i
        all[axis] = all[axis] (i > 3 ? "+" : "") $i
    }
    for (i = 1; i < parts[axis]; i++) add_values(axis, i, 1, "")
}
$1 == "take" {
    if (!($2 in slugs)) {
        sets[++set_count] = $2
        offer_defaults()
        build($2, 1, "", "", "")
    }
    offer_defaults()
    for (i = 3; i <= NF; i++) {
        split($i, pair, "=")
        axis = find_axis(pair[1])
        offer[axis] = pair[2] == "*" ? every(axis) : pair[2]
    }
    build($2, 1, "", "", "")
}
END {
    if (failed) exit 2
    for (i = 1; i <= axes; i++) offer[i] = every(i)
    build("", 1, "", "", "")
    for (i = 1; i <= set_count; i++) print "VARIANTS_" sets[i] " :=" slugs[sets[i]]
    split(slugs[sets[1]], list, " ")
    print "DEFAULT_VARIANT := " list[1]
}

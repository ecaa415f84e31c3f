# Turns matrix.txt into Make variables: every build of the product of the build axes.
#   VARIANTS          the slugs, e.g. headerless-sll-off-fine
#   DEFAULT_VARIANT   the slug of the release default
#   FLAGS_<slug>      the preprocessor flags of that build
$1 == "axis" && $3 == "build" {
    axes++
    name[axes] = $2
    for (i = 4; i <= NF; i++) value[axes, i - 3] = $i
    values[axes] = NF - 3
}
function flags(axis, choice,    parts, n, i, out) {
    if (axis != "layers")
        return " -DHAK_" toupper(axis) "_" toupper(choice) "=1"
    if (choice == "off") return ""
    if (choice == "all") choice = "pin+guard+next+freelist+head"
    n = split(choice, parts, "+")
    for (i = 1; i <= n; i++) out = out " -DHAK_LAYER_" toupper(parts[i]) "=1"
    return out
}
function build(axis, slug, string, defines,    i, choice) {
    if (axis > axes) {
        list = list " " slug
        print "FLAGS_" slug " :=" defines " -DHAK_VARIANT='\"" string "\"'"
        return
    }
    for (i = 1; i <= values[axis]; i++) {
        choice = value[axis, i]
        build(axis + 1, slug (axis > 1 ? "-" : "") choice,
              string (axis > 1 ? "," : "") name[axis] "=" choice, defines flags(name[axis], choice))
    }
}
END {
    build(1, "", "", "")
    print "VARIANTS :=" list
    split(list, first, " ")
    print "DEFAULT_VARIANT := " first[1]
}

# What bash offers for the last of some words, an offer a line: bash bash-offers.bash FILE WORD…
# Outside of a line that is edited, bash says that no options of a completion can be set.
compopt() { :; }
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_postfix_tls_watch
printf '%s\n' "${COMPREPLY[@]}"

# What an interactive zsh offers at the end of a line, an offer a line in <>: zsh -f zsh-offers.zsh FOLDER LINE
zmodload zsh/zpty
zpty asked zsh -f -i
tell() { zpty -w asked "$1" }
tell 'PROMPT= PROMPT2= RPS1=; stty -echo'
tell "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
tell "bindkey '^I' complete-word; zstyle ':completion:*' insert-tab false"
# Whatever is offered goes through compadd; with -O, -A or -D it only asks what would match.
tell 'compadd() { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi; local -a hits; builtin compadd -O hits "$@"; (( $#hits )) && print -rl -- "<"${^hits}">"; builtin compadd "$@" }'
tell 'begin() { print -r -- BEG""IN }; finish() { print -r -- E""ND; exit }; compprefuncs=(begin); comppostfuncs=(finish)'
zpty -n -w asked "$2"$'\t'
while zpty -r asked part; do
  all+=$part
  [[ $all == *END* ]] && break
done
print -r -- "${all#*BEGIN}"

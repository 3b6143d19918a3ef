# Types into a zsh of its own and presses Tab twice, as an operator does; prints what is on the line then.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "path=($1 \$path); autoload -U compinit; compinit -u -D; source <(lwaftr completion zsh); COLUMNS=500; PS1=re''ady"
zpty -r shell shown '*ready*'
zpty -w -n shell $'lwaftr remove-config /softwire-config/bind\tsoftwire\\[ipv4=193.5.1.100\\]\\[psid=2\t'
zpty -r shell shown '*psid=2\\]*'
print -r -- "$shown"
zpty -d shell

# Types lines into an interactive shell, each with a tab at its end, and prints what the shell made of it.
#
# Usage: zsh -f type.zsh bash|zsh COMPLETION-SCRIPT LINE...
zmodload zsh/zpty
shell=$1 script=$2
shift 2

# Between the marks is the line; they are put together by the shell, so that its echo does not show them.
case $shell in
  bash)
    zpty typist bash --norc --noprofile -i
    setup=(
      "PS1= PS2=" "bind 'set bell-style none'" "bind 'set enable-bracketed-paste off'" "bind 'set completion-query-items 0'"
      "source ${(q)script}"
      "bind -x '\"\\C-xs\": printf \"\\n%s%s%s%s\\n\" \"<\" \"<\" \"\$READLINE_LINE\" \">>\"; READLINE_LINE= READLINE_POINT=0'"
    ) ;;
  zsh)
    zpty typist zsh -f -i
    setup=(
      "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste beep prompt_cr prompt_sp; unset zle_bracketed_paste"
      "autoload -Uz compinit && compinit -u -D" "source ${(q)script}"
      "show() { zle -I; print -r -- '<''<'\$BUFFER'>>'; BUFFER= }; zle -N show; bindkey '^Xs' show"
    ) ;;
esac
for line in $setup "printf '%s%s\\n' '<<rea' 'dy>>'"; do
  zpty -w typist $line
done
zpty -r -m typist seen '*<<ready>>*' || exit 1

for line in "$@"; do
  zpty -w -n typist $line$'\t\x18s'
  zpty -r -m typist seen '*<<*>>*' || exit 1
  print -r -- ${${seen##*<<}%%>>*}
done
zpty -d typist

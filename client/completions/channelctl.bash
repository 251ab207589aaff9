# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for channelctl(1)

_channelctl_ids ()
{
  channelctl --no-ask-password "$@" --ids 2>/dev/null
}

_channelctl ()
{
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local common='--help --json --no-ask-password --timeout'
  local commands='list show explain preflight exec metrics history monitor reconnect disconnect token renew verify add remove assign
    access clients vault providers lint doctor'
  local command='' sub='' position=0 options='' words='' i

  # bash splits an option and its value at the sign between them.
  [[ $cur == = ]] && cur=''
  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}

  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == -* || ${COMP_WORDS[i]} == = || ${COMP_WORDS[i-1]} == = ]] && continue
    if [[ -z $command ]]; then
      command=${COMP_WORDS[i]}
    elif [[ $command == @(clients|vault) && -z $sub ]]; then
      sub=${COMP_WORDS[i]}
    else
      position=$((position + 1))
    fi
  done

  case $prev in
    --provider) COMPREPLY=($(compgen -W "$(_channelctl_ids providers)" -- "$cur")); return ;;
    --client) COMPREPLY=($(compgen -W "$(_channelctl_ids clients list)" -- "$cur")); return ;;
    --assigned-user|--allow-user|--deny-user) COMPREPLY=($(compgen -u -- "$cur")); return ;;
    --allow-group|--deny-group) COMPREPLY=($(compgen -g -- "$cur")); return ;;
    --secret-file|--key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --loopback-port) COMPREPLY=($(compgen -W 'any' -- "$cur")); return ;;
    --state)
      COMPREPLY=($(compgen -W 'unconnected connected expiring interrupted blocked expired revoked
        locked suspended' -- "$cur"))
      return ;;
  esac

  case "$command $sub" in
    ' ') options='--version'; words=$commands ;;
    'list ') options='--provider --state --assigned-user --ids' ;;
    'show '|'renew '|'verify ') words=$(_channelctl_ids list) ;;
    'monitor ') options='--exec'; words=$(_channelctl_ids list) ;;
    'preflight ') options='--for'; words=$(_channelctl_ids list) ;;
    'exec ')
      options='--header --min-validity --scopes'
      [[ $position == 0 ]] && words=$(_channelctl_ids list)
      [[ $position == 1 ]] && words=$(compgen -c -- "$cur") ;;
    'history ') options='--limit --since'; words=$(_channelctl_ids list) ;;
    'reconnect ')
      options='--browser --paste --device --import --no-browser --redirect-uri --scopes
        --allow-sibling-loss'
      words=$(_channelctl_ids list) ;;
    'disconnect '|'explain ') words=$(_channelctl_ids list) ;;
    'token ') options='--min-validity --scopes --print'; words=$(_channelctl_ids list) ;;
    'add ')
      options='--display-name --client --assigned-user --allow-user --allow-group --scopes
        --required-scopes --account-id'
      [[ $position == 1 ]] && words=$(_channelctl_ids providers) ;;
    'remove ') options='--keep-grant'; words=$(_channelctl_ids list) ;;
    'assign ')
      [[ $position == 0 ]] && words=$(_channelctl_ids list)
      [[ $position == 1 ]] && words=$(compgen -u) ;;
    'access ')
      options='--allow-user --allow-group --deny-user --deny-group --clear'
      words=$(_channelctl_ids list) ;;
    'clients ') words='list add remove' ;;
    'clients list') options='--ids' ;;
    'clients add')
      options='--secret-file --public --redirect-uri --loopback-port'
      [[ $position == 1 ]] && words=$(_channelctl_ids providers) ;;
    'clients remove') words=$(_channelctl_ids clients list) ;;
    'vault ') words='rotate-key backup restore' ;;
    'vault backup'|'vault restore') options='--key'; words=$(compgen -f -- "$cur") ;;
    'providers ') options='--ids' ;;
    'lint ') options='--dry-run'; words=$(compgen -f -- "$cur") ;;
  esac

  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options $common" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}

complete -F _channelctl channelctl

# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for channelctl(1)

function __channelctl_channels
    channelctl --no-ask-password list --ids 2>/dev/null
end

function __channelctl_clients
    channelctl --no-ask-password clients list --ids 2>/dev/null
end

function __channelctl_providers
    channelctl --no-ask-password providers --ids 2>/dev/null
end

function __channelctl_in_vault
    __fish_seen_subcommand_from vault; and __fish_seen_subcommand_from $argv
end

function __channelctl_in_clients
    __fish_seen_subcommand_from clients; and __fish_seen_subcommand_from $argv
end

set -l states unconnected connected expiring interrupted blocked expired revoked locked suspended
set -l one show explain preflight exec history monitor reconnect disconnect token renew verify remove assign access

complete -c channelctl -f
complete -c channelctl -s h -l help -d 'Show help'
complete -c channelctl -l json -d 'Answer in JSON'
complete -c channelctl -l no-ask-password -d 'Never ask for a password'
complete -c channelctl -l timeout -x -d 'Let the service take so long'
complete -c channelctl -n __fish_use_subcommand -l version -d 'Show the version'

complete -c channelctl -n __fish_use_subcommand -a list -d 'List the channels and their states'
complete -c channelctl -n __fish_use_subcommand -a show -d 'Show all there is to know of channels'
complete -c channelctl -n __fish_use_subcommand -a explain -d 'Say why a channel is not connected'
complete -c channelctl -n __fish_use_subcommand -a preflight -d 'Are channels good for the next hours'
complete -c channelctl -n __fish_use_subcommand -a exec -d 'Run a command that gets the token'
complete -c channelctl -n __fish_use_subcommand -a metrics -d 'Print measurements'
complete -c channelctl -n __fish_use_subcommand -a history -d 'Show what happened to a channel'
complete -c channelctl -n __fish_use_subcommand -a monitor -d 'Print what happens as it happens'
complete -c channelctl -n __fish_use_subcommand -a reconnect -d 'Connect a channel'
complete -c channelctl -n __fish_use_subcommand -a disconnect -d 'Give up a grant, keep the channel'
complete -c channelctl -n __fish_use_subcommand -a token -d 'Get the access token of a channel'
complete -c channelctl -n __fish_use_subcommand -a renew -d 'Get new access tokens now'
complete -c channelctl -n __fish_use_subcommand -a verify -d 'Ask the platform whether it still agrees'
complete -c channelctl -n __fish_use_subcommand -a add -d 'Add a channel'
complete -c channelctl -n __fish_use_subcommand -a remove -d 'Remove a channel and its grant'
complete -c channelctl -n __fish_use_subcommand -a assign -d 'Say who may reconnect a channel'
complete -c channelctl -n __fish_use_subcommand -a access -d 'Show or change who may use a channel'
complete -c channelctl -n __fish_use_subcommand -a clients -d 'List, add or remove OAuth clients'
complete -c channelctl -n __fish_use_subcommand -a vault -d 'Rotate the key, back up, restore'
complete -c channelctl -n __fish_use_subcommand -a providers -d 'List the platforms'
complete -c channelctl -n __fish_use_subcommand -a lint -d 'Check configuration files'
complete -c channelctl -n __fish_use_subcommand -a doctor -d 'Check the installation'

complete -c channelctl -n "__fish_seen_subcommand_from $one" -a '(__channelctl_channels)'

complete -c channelctl -n '__fish_seen_subcommand_from list' -l provider -x -a '(__channelctl_providers)'
complete -c channelctl -n '__fish_seen_subcommand_from list' -l state -x -a "$states"
complete -c channelctl -n '__fish_seen_subcommand_from list' -l assigned-user -x -a '(__fish_complete_users)'
complete -c channelctl -n '__fish_seen_subcommand_from list providers' -l ids -d 'Only the ids'

complete -c channelctl -n '__fish_seen_subcommand_from history' -s n -l limit -x -d 'At most so many events'

complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l browser -d 'Log in with a browser here'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l paste -d 'Paste where the browser ends'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l device -d 'Log in on any device, with a code'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l import -d 'Hand over a token that you have'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l no-browser -d 'Do not open a browser'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l redirect-uri -x -d 'Which of the client'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect token exec add' -l scopes -x -d 'Scopes'
complete -c channelctl -n '__fish_seen_subcommand_from reconnect' -l allow-sibling-loss -d 'Other channels may lose'

complete -c channelctl -n '__fish_seen_subcommand_from token exec' -l min-validity -x -d 'Renew it first if less is left'
complete -c channelctl -n '__fish_seen_subcommand_from token' -l print -d 'Print it even on a terminal'

complete -c channelctl -n '__fish_seen_subcommand_from add' -l display-name -x -d 'What people call it'
complete -c channelctl -n '__fish_seen_subcommand_from add' -l client -x -a '(__channelctl_clients)'
complete -c channelctl -n '__fish_seen_subcommand_from add' -l assigned-user -x -a '(__fish_complete_users)'
complete -c channelctl -n '__fish_seen_subcommand_from add access' -l allow-user -x -a '(__fish_complete_users)'
complete -c channelctl -n '__fish_seen_subcommand_from add access' -l allow-group -x -a '(__fish_complete_groups)'
complete -c channelctl -n '__fish_seen_subcommand_from add' -l required-scopes -x -d 'Scopes it cannot do without'
complete -c channelctl -n '__fish_seen_subcommand_from add' -l account-id -x -d 'Take no other account'
complete -c channelctl -n '__fish_seen_subcommand_from add' -a '(__channelctl_providers)'

complete -c channelctl -n '__fish_seen_subcommand_from access' -l deny-user -x -a '(__fish_complete_users)'
complete -c channelctl -n '__fish_seen_subcommand_from access' -l deny-group -x -a '(__fish_complete_groups)'
complete -c channelctl -n '__fish_seen_subcommand_from access' -l clear -d 'Begin with empty lists'

complete -c channelctl -n '__fish_seen_subcommand_from remove' -l keep-grant -d 'Do not tell the platform'

complete -c channelctl -n '__fish_seen_subcommand_from clients' -a 'list add remove'
complete -c channelctl -n '__channelctl_in_clients remove' -a '(__channelctl_clients)'
complete -c channelctl -n '__channelctl_in_clients list' -l ids -d 'Only the ids'
complete -c channelctl -n '__channelctl_in_clients add' -l secret-file -r -F -d 'Where the client secret is'
complete -c channelctl -n '__channelctl_in_clients add' -l public -d 'It has no secret'
complete -c channelctl -n '__channelctl_in_clients add' -l redirect-uri -x -d 'As registered at the platform'
complete -c channelctl -n '__channelctl_in_clients add' -l loopback-port -x -a any

complete -c channelctl -n '__fish_seen_subcommand_from vault' -a 'rotate-key backup restore'
complete -c channelctl -n '__channelctl_in_vault backup restore' -F
complete -c channelctl -n '__channelctl_in_vault backup restore' -l key -r -F -d 'The file of its key'

complete -c channelctl -n '__fish_seen_subcommand_from lint' -F
complete -c channelctl -n '__fish_seen_subcommand_from lint' -l dry-run -d 'Say which module decides'
complete -c channelctl -n '__fish_seen_subcommand_from history' -l since -x -d 'Nothing older'
complete -c channelctl -n '__fish_seen_subcommand_from monitor' -l exec -r -d 'Run this for each event'
complete -c channelctl -n '__fish_seen_subcommand_from preflight' -l for -x -d 'How long they must stay good'
complete -c channelctl -n '__fish_seen_subcommand_from exec' -l header -d 'As an Authorization line'

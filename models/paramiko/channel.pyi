from paramiko import ChannelFile as ChannelFile, Channel as Channel

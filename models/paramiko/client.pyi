from paramiko import MissingHostKeyPolicy as MissingHostKeyPolicy, RejectPolicy as RejectPolicy, AutoAddPolicy as AutoAddPolicy, WarningPolicy as WarningPolicy, SSHClient as SSHClient

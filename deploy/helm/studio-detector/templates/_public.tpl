{{/* Every public address: what is here is what service/fetch/guard.py refuses, network by network. */}}
{{- define "studio.publicPeers" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except:
      - 0.0.0.0/8
      - 10.0.0.0/8
      - 100.64.0.0/10
      - 127.0.0.0/8
      # Metadata of the clouds is here, and on one public address of Azure's hosts.
      - 169.254.0.0/16
      - 168.63.129.16/32
      - 172.16.0.0/12
      - 192.0.0.0/24
      - 192.0.2.0/24
      - 192.88.99.0/24
      - 192.168.0.0/16
      - 198.18.0.0/15
      - 198.51.100.0/24
      - 203.0.113.0/24
      - 224.0.0.0/4
      - 240.0.0.0/4
# All that is handed out for the public; fc00::/7, fe80::/10 and whatever else is private lie
# outside of it.
- ipBlock:
    cidr: 2000::/3
    except:
      - 2001::/23
      - 2001:db8::/32
      - 2002::/16
      - 3fff::/20
{{- end -}}

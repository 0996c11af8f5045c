{{/* What the pods have in common. */}}

{{- define "studio.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
# It lets Landlock and seccomp of our own through (docs/service/sandbox.md).
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "studio.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "studio.secretVariable" -}}
- name: {{ .variable }}
  valueFrom: {secretKeyRef: {name: {{ .secret.name | quote }}, key: {{ .secret.key | quote }}}}
{{- end -}}

{{/* Of the database alone, for the migrations. */}}
{{- define "studio.databaseVariable" -}}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_DATABASE_URL" "secret" .Values.secrets.database) }}
{{- end -}}

{{- define "studio.variables" -}}
{{ include "studio.databaseVariable" . }}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_BROKER_URL" "secret" .Values.secrets.broker) }}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_SERVICE_SECRET" "secret" .Values.secrets.service) }}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_MASTER_KEYS" "secret" .Values.secrets.masterKeys) }}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_CALLBACK_SECRETS" "secret" .Values.secrets.callbacks) }}
{{- if .Values.secrets.cache.name }}
{{ include "studio.secretVariable" (dict "variable" "STUDIO_DETECTOR_CACHE_URL" "secret" .Values.secrets.cache) }}
{{- end }}
{{- if eq .Values.pictures.kind "bucket" }}
- name: STUDIO_DETECTOR_BLOBS_URL
  value: {{ .Values.pictures.bucket.url | quote }}
{{- if .Values.pictures.bucket.endpoint }}
- name: STUDIO_DETECTOR_BLOBS_ENDPOINT
  value: {{ .Values.pictures.bucket.endpoint | quote }}
{{- end }}
{{- end }}
- name: STUDIO_DETECTOR_DRAIN_S
  value: {{ .Values.drainSeconds | quote }}
- name: STUDIO_DETECTOR_SPLIT_PHASES
  value: {{ .Values.splitPhases | quote }}
{{- range $name, $value := .Values.settings }}
- name: STUDIO_DETECTOR_{{ $name | upper | replace "." "__" }}
  # As JSON, since a number of eight digits would be 1e+08 as text.
  value: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "studio.variablesFrom" -}}
{{- if and (eq .Values.pictures.kind "bucket") .Values.pictures.bucket.credentialsSecret }}
envFrom:
  - secretRef: {name: {{ .Values.pictures.bucket.credentialsSecret | quote }}}
{{- end }}
{{- end -}}

{{/* /data is the folder of the service, /data/scratch what is being read. */}}
{{- define "studio.mounts" -}}
- {name: data, mountPath: /data}
- {name: scratch, mountPath: /data/scratch}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* {root, claim, scratchSize} */}}
{{- define "studio.volumes" -}}
{{- if eq .root.Values.pictures.kind "volume" }}
- name: data
  persistentVolumeClaim: {claimName: {{ .root.Values.pictures.volume.existingClaim | quote }}}
{{- else if .claim }}
- name: data
  persistentVolumeClaim: {claimName: {{ .claim | quote }}}
{{- else }}
- name: data
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
- name: scratch
  emptyDir: {sizeLimit: {{ .scratchSize }}}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end -}}

{{/* {root, part, pods}: where pods run. */}}
{{- define "studio.placing" -}}
{{- with .pods.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pods.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pods.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.topologySpread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "studio.selector" . | nindent 8 }}
{{- end }}
{{- end -}}

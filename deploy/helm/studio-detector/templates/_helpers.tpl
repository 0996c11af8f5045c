{{/* Names and labels. */}}

{{- define "studio.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Those of a part: {root, part}. They never change, since they select. */}}
{{- define "studio.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "studio.labels" -}}
{{ include "studio.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "studio.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "studio.name" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "studio.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Queues that are served: those that are on, and detail only where there is such work. */}}
{{- define "studio.serves" -}}
{{- if and .worker.enabled (or (ne .queue "detail") .root.Values.splitPhases) -}}yes{{- end -}}
{{- end -}}

{{/* Whether KEDA scales a queue. */}}
{{- define "studio.scales" -}}
{{- if and .root.Values.keda.enabled .worker.scale.enabled -}}yes{{- end -}}
{{- end -}}

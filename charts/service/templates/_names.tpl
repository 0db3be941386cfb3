{{/* Labels of everything a service has. */}}
{{- define "alcove.labels" -}}
{{ include "alcove.selector" . }}
app.kubernetes.io/part-of: alcove
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What selects a service's pods. One Alcove a namespace: services are found by their plain names. */}}
{{- define "alcove.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: service
{{- end }}

{{/* The image by digest or fixed tag. */}}
{{- define "alcove.image" -}}
{{- $image := .values.image -}}
{{- $repository := $image.repository | default (printf "alcove/%s" .name) -}}
{{- if and .global.image.registry (not $image.repository) -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .global.image.registry) $repository -}}
{{- end -}}
{{- $tag := $image.tag | default .global.image.tag | default .root.Chart.AppVersion -}}
{{- if eq $tag "latest" -}}
{{- fail (printf "%s: the tag `latest` can change below a running release; set image.tag or global.image.tag to a fixed tag, or image.digest" .name) -}}
{{- end -}}
{{- if $image.digest -}}{{ $repository }}@{{ $image.digest }}{{- else -}}{{ $repository }}:{{ $tag }}{{- end -}}
{{- end }}

{{/* An image without a registry was loaded into the nodes: pulled, its name would mean somebody else's on a public registry. */}}
{{- define "alcove.pullPolicy" -}}
{{- if or .global.image.registry .values.image.repository -}}{{ .global.image.pullPolicy }}{{- else -}}Never{{- end -}}
{{- end }}

{{/* The version a pod tells: the tag, or the digest's first letters. */}}
{{- define "alcove.version" -}}
{{- if .values.image.digest -}}{{ .values.image.digest | trimPrefix "sha256:" | trunc 12 }}
{{- else -}}{{ .values.image.tag | default .global.image.tag | default .root.Chart.AppVersion }}{{- end -}}
{{- end }}

{{/* A number as a person writes it: YAML makes floats of all, and 2592000 would become 2.592e+06. */}}
{{- define "alcove.scalar" -}}
{{- if and (kindIs "float64" .) (eq (float64 (int64 .)) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end }}

{{- define "alcove.databaseSecret" -}}
{{- .global.database.secretName | replace "{service}" .name -}}
{{- end }}

{{- define "alcove.partLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: alcove
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "alcove.global" -}}
{{ .Values.defaults.global | toYaml }}
{{- end }}

{{/* The context in which the library names images of a service from outside its chart. */}}
{{- define "alcove.serviceImage" -}}
{{- $values := mergeOverwrite (omit (deepCopy .root.Values.defaults) "global") (omit (index .root.Values .name | default dict | deepCopy) "defaults" "global") -}}
{{- include "alcove.image" (dict "root" .root "name" .name "values" $values "global" .root.Values.defaults.global) -}}
{{- end }}

{{/* Pods of a service at most, with the one more that an update brings. */}}
{{- define "alcove.podsAtMost" -}}
{{- $replicas := 1 -}}
{{- if not (kindIs "invalid" .replicas) }}{{ $replicas = int .replicas }}{{ end -}}
{{- if (.autoscaling | default dict).enabled }}{{ $replicas = int (.autoscaling.maxReplicas | default 6) }}{{ end -}}
{{- add $replicas 1 -}}
{{- end }}

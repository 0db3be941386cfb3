{{- define "alcove.partLabels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: alcove
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}

{{- define "alcove.global" -}}
{{ .Values.defaults.global | toYaml }}
{{- end }}

{{/* The context in which the library names images of a service from outside its chart. */}}
{{- define "alcove.serviceImage" -}}
{{- include "alcove.image" (include "alcove.imageContext" . | fromYaml | merge (dict "root" .root)) -}}
{{- end }}

{{- define "alcove.servicePullPolicy" -}}
{{- include "alcove.pullPolicy" (include "alcove.imageContext" . | fromYaml) -}}
{{- end }}

{{- define "alcove.imageContext" -}}
{{- $values := mergeOverwrite (omit (deepCopy .root.Values.defaults) "global") (omit (index .root.Values .name | default dict | deepCopy) "defaults" "global") -}}
{{- dict "name" .name "values" $values "global" .root.Values.defaults.global | toYaml -}}
{{- end }}

{{/* What of the cluster's edge opens the gateway to more than those who may forward a port; empty: nothing. */}}
{{- define "alcove.openedBy" -}}
{{- $type := .Values.gateway.serviceType | default .Values.gateway.defaults.serviceType -}}
{{- if .Values.ingress.enabled -}}ingress.enabled
{{- else if .Values.httpRoute.enabled -}}httpRoute.enabled
{{- else if ne $type "ClusterIP" -}}gateway.serviceType {{ $type }}
{{- end -}}
{{- end }}

{{/* Pods of a service at most, with the one more that an update brings. */}}
{{- define "alcove.podsAtMost" -}}
{{- $replicas := 1 -}}
{{- if not (kindIs "invalid" .replicas) }}{{ $replicas = int .replicas }}{{ end -}}
{{- if (.autoscaling | default dict).enabled }}{{ $replicas = int (.autoscaling.maxReplicas | default 6) }}{{ end -}}
{{- add $replicas 1 -}}
{{- end }}

{{/*
Everything a service is in the cluster. A service's chart holds one line: `include "alcove.install" .`
The context handed on: `root` (Helm's own), `name`, `values` (defaults with what was set), `global`, `graph`, `node`.
*/}}
{{- define "alcove.install" -}}
{{- $ctx := include "alcove.context" . | fromYaml -}}
{{- $_ := set $ctx "root" . -}}
{{- include "alcove.check" $ctx -}}
{{- $parts := list "serviceAccount" "service" "deployment" "budget" "autoscaler" "networkPolicy" "migration" "serviceMonitor" -}}
{{- range $part := $parts }}
{{- $text := include (printf "alcove.part.%s" $part) $ctx | trim -}}
{{- if $text }}
---
{{ $text }}
{{- end }}
{{- end }}
{{- end }}

{{- define "alcove.context" -}}
{{- $graph := include "alcove.graph" . | fromYaml -}}
{{- $node := dict -}}
{{- range $graph.services }}{{- if eq .name $.Chart.Name }}{{- $node = . }}{{- end }}{{- end -}}
{{- $values := mergeOverwrite (omit (deepCopy .Values.defaults) "global") (omit (deepCopy .Values) "defaults" "global") -}}
{{- dict "name" .Chart.Name "values" $values "global" .Values.defaults.global "graph" $graph "node" $node | toYaml -}}
{{- end }}

{{/* Values that contradict each other, each with its remedy. */}}
{{- define "alcove.check" -}}
{{- $image := .values.image -}}
{{- if not (or .global.image.registry .global.image.tag $image.repository $image.tag $image.digest) -}}
{{- fail (printf "%s: no image was named; set global.image.registry to the registry that holds Alcove's images or, when they are loaded into the nodes, global.image.tag to their tag" .name) -}}
{{- end -}}
{{- if and .values.autoscaling.enabled (not (kindIs "invalid" .values.replicas)) -}}
{{- fail (printf "%s: replicas and autoscaling.enabled contradict each other; leave out replicas and set autoscaling.minReplicas" .name) -}}
{{- end -}}
{{- if and .values.autoscaling.enabled (gt (int .values.autoscaling.minReplicas) (int .values.autoscaling.maxReplicas)) -}}
{{- fail (printf "%s: autoscaling.minReplicas is above autoscaling.maxReplicas; raise the second" .name) -}}
{{- end -}}
{{- if or .values.nameOverride .values.fullnameOverride -}}
{{- fail (printf "%s: nameOverride and fullnameOverride are refused, for services find each other by the names of their charts; to run Alcove twice, use two namespaces" .name) -}}
{{- end -}}
{{- if and (ne .values.serviceType "ClusterIP") (ne .name "gateway") -}}
{{- fail (printf "%s: serviceType %s would open internal routes to whoever reaches a node; leave it at ClusterIP, use gateway.serviceType for people and kubectl port-forward for a look" .name .values.serviceType) -}}
{{- end -}}
{{- if and .values.nodePort (ne .values.serviceType "NodePort") -}}
{{- fail (printf "%s: nodePort needs serviceType NodePort; set both or leave out nodePort" .name) -}}
{{- end -}}
{{- range $variable, $_ := .values.secretEnv -}}
{{- if hasKey $.values.env $variable -}}
{{- fail (printf "%s: %s stands in env and in secretEnv; keep one" $.name $variable) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .global.kafka.mode "external") (not .global.kafka.brokers) -}}
{{- fail "global.kafka.mode external needs global.kafka.brokers, such as kafka-1.example.org:9093" -}}
{{- end -}}
{{- if and (ne .global.kafka.mode "external") .global.kafka.brokers -}}
{{- fail (printf "two brokers were chosen: global.kafka.brokers is set and global.kafka.mode is %s; set the mode to external or leave out the brokers" .global.kafka.mode) -}}
{{- end -}}
{{- end }}

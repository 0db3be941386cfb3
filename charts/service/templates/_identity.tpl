{{- define "alcove.part.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
  {{- with .values.serviceAccountAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
# Pods get the tokens that the graph gives them, and no other.
automountServiceAccountToken: false
{{- end }}


{{- define "alcove.part.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
  {{- with .values.serviceAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .values.serviceType }}
  selector: {{- include "alcove.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
      appProtocol: http
      {{- with .values.nodePort }}
      nodePort: {{ int . }}
      {{- end }}
    {{- if eq .values.serviceType "ClusterIP" }}
    {{- include "alcove.opsPort" . | nindent 4 }}
    {{- else }}
---
# Metrics, probes and details of health are for the cluster alone, however the gateway is opened.
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}-ops
  labels: {{- include "alcove.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector: {{- include "alcove.selector" . | nindent 4 }}
  ports:
    {{- include "alcove.opsPort" . | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "alcove.opsPort" -}}
- name: ops
  port: 9090
  targetPort: ops
  appProtocol: http
{{- end }}

{{- define "alcove.part.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
spec:
  {{- if not .values.autoscaling.enabled }}
  replicas: {{ if kindIs "invalid" .values.replicas }}1{{ else }}{{ int .values.replicas }}{{ end }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 300
  strategy:
    type: RollingUpdate
    # A new pod is ready before an old one is asked to leave, with one replica too.
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels: {{- include "alcove.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "alcove.selector" . | nindent 8 }}
        app.kubernetes.io/part-of: alcove
        app.kubernetes.io/instance: {{ .root.Release.Name }}
        {{- with .values.podLabels }}{{ toYaml . | nindent 8 }}{{ end }}
      annotations:
        prometheus.io/scrape: 'true'
        prometheus.io/port: '9090'
        {{- with .values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      {{- include "alcove.podSpec" . | nindent 6 }}
      # What is in flight is finished: sleep before SIGTERM, the drain itself, its delay and a margin.
      terminationGracePeriodSeconds: {{ add .values.lifecycle.preStopSleepSeconds .values.lifecycle.drainTimeoutSeconds 6 }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "alcove.selector" $ | nindent 14 }}
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "alcove.image" . }}
          imagePullPolicy: {{ include "alcove.pullPolicy" . }}
          securityContext: {{- include "alcove.containerSecurity" . | replace "Filesystem: true" (printf "Filesystem: %t" (not .global.liveUpdate)) | nindent 12 }}
          env: {{- include "alcove.env" . | trim | nindent 12 }}
          ports:
            - { name: http, containerPort: 8080 }
            - { name: ops, containerPort: 9090 }
          # Each asks something else: has it started, may it get requests, is the process itself stuck.
          startupProbe:
            httpGet: { path: /startupz, port: ops }
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: {{ add .values.probes.startupSeconds .values.lifecycle.giveWaySeconds }}
          readinessProbe:
            httpGet: { path: /readyz, port: ops }
            periodSeconds: 3
            timeoutSeconds: 3
            failureThreshold: 2
          livenessProbe:
            httpGet: { path: /livez, port: ops }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          {{- with int .values.lifecycle.preStopSleepSeconds }}
          lifecycle:
            preStop:
              sleep: { seconds: {{ . }} }
          {{- end }}
          resources: {{- toYaml .values.resources | nindent 12 }}
          {{- with include "alcove.mounts" . | trim }}
          volumeMounts: {{- . | nindent 12 }}
          {{- end }}
      {{- with include "alcove.volumes" . | trim }}
      volumes: {{- . | nindent 8 }}
      {{- end }}
{{- end }}

{{/* What every pod of a service says of itself, its migration's too. */}}
{{- define "alcove.podSpec" -}}
serviceAccountName: {{ .name }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "alcove.podSecurity" . | nindent 2 }}
{{- with .global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{- define "alcove.part.budget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ include "alcove.scalar" .values.podDisruptionBudget.maxUnavailable }}
  # A pod that is not healthy protects nobody and may always be evicted.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "alcove.selector" . | nindent 6 }}
{{- end }}

{{- define "alcove.part.autoscaler" -}}
{{- if .values.autoscaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ .name }} }
  minReplicas: {{ int .values.autoscaling.minReplicas }}
  maxReplicas: {{ int .values.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ int .values.autoscaling.targetCPUUtilizationPercentage }} }
  behavior:
    scaleDown: { stabilizationWindowSeconds: 300 }
{{- end }}
{{- end }}

{{- define "alcove.part.serviceMonitor" -}}
{{- if .global.serviceMonitor.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ .name }}
  labels:
    {{- include "alcove.labels" . | nindent 4 }}
    {{- with .global.serviceMonitor.labels }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  selector:
    matchLabels: {{- include "alcove.selector" . | nindent 6 }}
  endpoints:
    - port: ops
      path: /metrics
      interval: {{ .global.serviceMonitor.interval }}
{{- end }}
{{- end }}

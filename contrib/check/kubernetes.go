package main

import (
	"errors"
	"fmt"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// checkKustomization builds the kustomization in dir and returns its objects, if all their fields are in the API of Kubernetes
// and the pods in it are sound.
func checkKustomization(dir string) ([]any, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	var objects []any
	var errs []error
	for _, r := range built.Resources() {
		object, err := newObject(r.GetApiVersion() + " " + r.GetKind())
		if err == nil {
			err = decode(r.MustYaml(), object)
		}
		if err == nil {
			err = checkPod(podTemplate(object))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", r.GetKind(), r.GetName(), err))
		}
		objects = append(objects, object)
	}
	return objects, errors.Join(append(errs, checkPorts(objects))...)
}

func newObject(kind string) (any, error) {
	switch kind {
	case "v1 Service":
		return &core.Service{}, nil
	case "apps/v1 StatefulSet":
		return &apps.StatefulSet{}, nil
	case "apps/v1 Deployment":
		return &apps.Deployment{}, nil
	case "apps/v1 DaemonSet":
		return &apps.DaemonSet{}, nil
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networking.NetworkPolicy{}, nil
	case "monitoring.coreos.com/v1 PodMonitor":
		return &monitoring.PodMonitor{}, nil
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return &monitoring.ServiceMonitor{}, nil
	default:
		return nil, fmt.Errorf("%s is not known here", kind)
	}
}

// decode refuses fields that the type does not have.
func decode(text string, object any) error { return yaml.UnmarshalStrict([]byte(text), object) }

// podTemplate returns the pod that a workload makes, with the volumes that it claims for it; other objects make none.
func podTemplate(object any) *core.PodTemplateSpec {
	switch o := object.(type) {
	case *apps.StatefulSet:
		pod := o.Spec.Template.DeepCopy()
		for _, claim := range o.Spec.VolumeClaimTemplates {
			source := core.VolumeSource{PersistentVolumeClaim: &core.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name}}
			pod.Spec.Volumes = append(pod.Spec.Volumes, core.Volume{Name: claim.Name, VolumeSource: source})
		}
		return pod
	case *apps.Deployment:
		return &o.Spec.Template
	case *apps.DaemonSet:
		return &o.Spec.Template
	default:
		return nil
	}
}
